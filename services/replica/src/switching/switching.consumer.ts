import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  CommandCompletedV1,
  CommandExpiredV1,
  type EventOf,
  InstanceTerminatedV1,
  InterruptionDetectedV1,
  ReplicaFailedV1,
  ReplicaReadyV1,
  SwitchProposedV1,
  SwitchReportedV1,
} from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { AdoptReportedSwitch } from './adopt-reported-switch.js';
import { DriveSwitches } from './drive-switches.js';
import { FailOver } from './fail-over.js';
import { RecordCommandResult } from './record-command-result.js';
import { RequestSwitch } from './request-switch.js';

type StandbyChanged = EventOf<typeof ReplicaReadyV1 | typeof ReplicaFailedV1 | typeof InstanceTerminatedV1>;

/** Everything that may start a switch or let one go on. */
@Controller()
export class SwitchingConsumer {
  constructor(
    private readonly requestSwitch: RequestSwitch,
    private readonly failOver: FailOver,
    private readonly recordResult: RecordCommandResult,
    private readonly adopt: AdoptReportedSwitch,
    private readonly drive: DriveSwitches,
  ) {}

  @OnEvent(InterruptionDetectedV1, { subscription: 'interruption-detected', prefetch: 50 })
  async onInterruption(@Payload() event: EventOf<typeof InterruptionDetectedV1>): Promise<void> {
    this.#goOn(await this.failOver.execute(event));
  }

  @OnEvent(SwitchProposedV1, { subscription: 'switch-proposed' })
  async onProposal(@Payload() event: EventOf<typeof SwitchProposedV1>): Promise<void> {
    this.#goOn(await this.requestSwitch.propose(event));
  }

  @OnEvent([CommandCompletedV1, CommandExpiredV1], { subscription: 'command-finished', prefetch: 50 })
  async onCommandFinished(
    @Payload() event: EventOf<typeof CommandCompletedV1> | EventOf<typeof CommandExpiredV1>,
  ): Promise<void> {
    this.#goOn(await this.recordResult.execute(event));
  }

  @OnEvent(SwitchReportedV1, { subscription: 'switch-reported' })
  async onSwitchReported(@Payload() event: EventOf<typeof SwitchReportedV1>): Promise<void> {
    this.#goOn(await this.adopt.execute(event));
  }

  @OnEvent([ReplicaReadyV1, ReplicaFailedV1, InstanceTerminatedV1], {
    subscription: 'standby-changed',
    prefetch: 50,
  })
  async onStandbyChanged(@Payload() event: StandbyChanged): Promise<void> {
    await this.drive.agentChanged(event.data.agentId);
  }

  #goOn(switchId: string | null): void {
    if (switchId !== null) this.drive.soon(switchId);
  }
}
