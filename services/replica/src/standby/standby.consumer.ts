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
  InterruptionExpiredV1,
  ReplicaFailedV1,
  StandbyProposedV1,
  SwitchFailedV1,
  SwitchFinishedV1,
} from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { EndFailedLaunches } from './end-failed-launches.js';
import { EndUnwantedStandbys } from './end-unwanted-standbys.js';
import { FollowAdvice } from './follow-advice.js';
import { KeepStandby } from './keep-standby.js';
import { RetireMachines } from './retire-machines.js';
import { UpdateReplica } from './update-replica.js';

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
    private readonly update: UpdateReplica,
    private readonly endUnwanted: EndUnwantedStandbys,
    private readonly advice: FollowAdvice,
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
    if (event.type === AgentSettingsChangedV1.type) await this.advice.settingsChanged(event.data.agentId);
  }

  @OnEvent(StandbyProposedV1, { subscription: 'standby-proposed' })
  onProposal(@Payload() event: EventOf<typeof StandbyProposedV1>): Promise<void> {
    return this.advice.propose(event);
  }

  @OnEvent(InterruptionExpiredV1, { subscription: 'interruption-expired' })
  onIncidentExpired(@Payload() event: EventOf<typeof InterruptionExpiredV1>): Promise<void> {
    return this.endUnwanted.incidentExpired(event);
  }

  @OnEvent([CommandCompletedV1, CommandExpiredV1], { subscription: 'machine-command-finished', prefetch: 50 })
  async onCommandFinished(
    @Payload() event: EventOf<typeof CommandCompletedV1> | EventOf<typeof CommandExpiredV1>,
  ): Promise<void> {
    if ('success' in event.data && event.data.success) await this.#succeeded(event.data);
    else if (event.data.commandType === 'create_replica') await this.endFailed.commandFailed(event);
  }

  async #succeeded(data: EventData<typeof CommandCompletedV1>): Promise<void> {
    const { commandId, commandType, result, agentId, finishedAt } = data;
    const { ec2InstanceId } = result;
    if (typeof ec2InstanceId !== 'string') return;
    if (commandType === 'create_replica') {
      await this.update.launched({ agentId, commandId, ec2InstanceId });
    } else if (commandType.startsWith('terminate_')) {
      await this.retire.ended({ agentId, ec2InstanceId, endedAt: finishedAt });
    }
  }
}
