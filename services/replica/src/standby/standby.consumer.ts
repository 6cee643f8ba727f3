import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  AgentDeletedV1,
  AgentRegisteredV1,
  AgentSettingsChangedV1,
  CommandCompletedV1,
  CommandExpiredV1,
  type EventData,
  type EventOf,
  ReplicaFailedV1,
  SwitchFailedV1,
  SwitchFinishedV1,
} from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { EndFailedLaunches } from './end-failed-launches.js';
import { KeepStandby } from './keep-standby.js';
import { RetireMachines } from './retire-machines.js';

type WantedChanged = EventOf<
  | typeof AgentSettingsChangedV1
  | typeof AgentDeletedV1
  | typeof AgentRegisteredV1
  | typeof ReplicaFailedV1
  | typeof SwitchFinishedV1
  | typeof SwitchFailedV1
>;

@Controller()
export class StandbyConsumer {
  constructor(
    private readonly keep: KeepStandby,
    private readonly retire: RetireMachines,
    private readonly endFailed: EndFailedLaunches,
  ) {}

  @OnEvent(
    [
      AgentSettingsChangedV1,
      AgentDeletedV1,
      AgentRegisteredV1,
      ReplicaFailedV1,
      SwitchFinishedV1,
      SwitchFailedV1,
    ],
    { subscription: 'standby-wanted', prefetch: 50 },
  )
  async onWantedChanged(@Payload() event: WantedChanged): Promise<void> {
    await this.keep.execute(event.data.agentId);
  }

  @OnEvent([CommandCompletedV1, CommandExpiredV1], { subscription: 'machine-command-finished', prefetch: 50 })
  async onCommandFinished(
    @Payload() event: EventOf<typeof CommandCompletedV1> | EventOf<typeof CommandExpiredV1>,
  ): Promise<void> {
    if ('success' in event.data && event.data.success) await this.#succeeded(event.data);
    else if (event.data.commandType === 'create_replica') await this.endFailed.commandFailed(event);
  }

  async #succeeded(data: EventData<typeof CommandCompletedV1>): Promise<void> {
    const { commandType, result, agentId, clientId, finishedAt } = data;
    const terminated = result['terminatedEc2InstanceId'];
    if (!commandType.startsWith('terminate_') || typeof terminated !== 'string') return;
    await this.retire.report({
      clientId,
      agentRef: agentId,
      ec2InstanceId: terminated,
      success: true,
      error: null,
      terminatedAt: finishedAt,
    });
  }
}
