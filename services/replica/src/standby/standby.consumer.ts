import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  AgentDeletedV1,
  AgentRegisteredV1,
  AgentSettingsChangedV1,
  CommandCompletedV1,
  type EventOf,
  ReplicaFailedV1,
  SwitchFailedV1,
  SwitchFinishedV1,
} from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
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

  @OnEvent(CommandCompletedV1, { subscription: 'termination-finished', prefetch: 50 })
  async onCommandCompleted(@Payload() event: EventOf<typeof CommandCompletedV1>): Promise<void> {
    const { commandType, success, result, agentId, clientId, finishedAt } = event.data;
    const terminated = result['terminatedEc2InstanceId'];
    if (!success || !commandType.startsWith('terminate_') || typeof terminated !== 'string') return;
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
