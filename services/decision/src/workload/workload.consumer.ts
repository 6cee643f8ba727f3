import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  AgentDeletedV1,
  AgentOfflineV1,
  AgentOnlineV1,
  AgentRegisteredV1,
  AgentSettingsChangedV1,
  type EventOf,
  InstanceRoleChangedV1,
  SwitchFailedV1,
  SwitchFinishedV1,
  SwitchStartedV1,
  touchesWorkload,
} from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { FollowWorkload, type WorkloadMessage } from './follow-workload.js';
import type { ChangeState, WorkloadNews } from './workload.js';

@Controller()
export class WorkloadConsumer {
  constructor(private readonly followWorkload: FollowWorkload) {}

  @OnEvent(AgentRegisteredV1, { subscription: 'agent-registered' })
  async onRegistered(@Payload() event: EventOf<typeof AgentRegisteredV1>): Promise<void> {
    const { agentId, clientId, region, instanceType, settings, epoch, primary, role } = event.data;
    const registration = {
      agentId,
      clientId,
      region,
      instanceType,
      settings,
      epoch,
      primary,
      byPrimary: role === 'PRIMARY',
    };
    await this.#follow(event, { kind: 'registered', at: new Date(event.time), registration });
  }

  @OnEvent(AgentSettingsChangedV1, { subscription: 'agent-settings-changed' })
  async onSettings(@Payload() event: EventOf<typeof AgentSettingsChangedV1>): Promise<void> {
    const { settings } = event.data;
    await this.#follow(event, { kind: 'settings', at: new Date(event.time), settings });
  }

  @OnEvent(AgentOnlineV1, { subscription: 'agent-online' })
  async onOnline(@Payload() event: EventOf<typeof AgentOnlineV1>): Promise<void> {
    await this.#follow(event, { kind: 'online', at: new Date(event.time), online: true });
  }

  @OnEvent(AgentOfflineV1, { subscription: 'agent-offline' })
  async onOffline(@Payload() event: EventOf<typeof AgentOfflineV1>): Promise<void> {
    await this.#follow(event, { kind: 'online', at: new Date(event.time), online: false });
  }

  @OnEvent(AgentDeletedV1, { subscription: 'agent-deleted' })
  async onDeleted(@Payload() event: EventOf<typeof AgentDeletedV1>): Promise<void> {
    await this.#follow(event, { kind: 'deleted', at: new Date(event.time) });
  }

  @OnEvent(InstanceRoleChangedV1, { subscription: 'role-changed' })
  async onRoleChanged(@Payload() event: EventOf<typeof InstanceRoleChangedV1>): Promise<void> {
    const { to, epoch, placement } = event.data;
    if (to !== 'PRIMARY') return;
    await this.#follow(event, { kind: 'primary', at: new Date(event.time), epoch, placement });
  }

  @OnEvent(SwitchStartedV1, { subscription: 'switch-started' })
  async onSwitchStarted(@Payload() event: EventOf<typeof SwitchStartedV1>): Promise<void> {
    const at = new Date(event.time);
    const { switchId, agentId, decisionId } = event.data;
    const change = { switchId, agentId, state: 'started' as const, startedAt: at, endedAt: null, decisionId };
    await this.#follow(event, { kind: 'switch-started', at }, change);
  }

  @OnEvent(SwitchFinishedV1, { subscription: 'switch-finished' })
  async onSwitchFinished(@Payload() event: EventOf<typeof SwitchFinishedV1>): Promise<void> {
    const { switchId, agentId, decisionId, epoch, to, startedAt, finishedAt } = event.data;
    await this.#follow(
      event,
      { kind: 'primary', at: new Date(event.time), epoch, placement: to },
      {
        switchId,
        agentId,
        state: 'finished',
        startedAt: new Date(startedAt),
        endedAt: new Date(finishedAt),
        decisionId,
      },
    );
  }

  @OnEvent(SwitchFailedV1, { subscription: 'switch-failed' })
  async onSwitchFailed(@Payload() event: EventOf<typeof SwitchFailedV1>): Promise<void> {
    const at = new Date(event.time);
    const { switchId, agentId, decisionId } = event.data;
    const state = failureOf(event.data);
    await this.#follow(event, null, { switchId, agentId, state, startedAt: at, endedAt: at, decisionId });
  }

  async #follow(
    event: { readonly id: string; readonly data: { readonly agentId: string } },
    news: WorkloadNews | null,
    change?: WorkloadMessage['change'],
  ): Promise<void> {
    await this.followWorkload.execute({
      messageId: event.id,
      agentId: event.data.agentId,
      news: news === null ? [] : [news],
      change,
    });
  }
}

function failureOf({
  step,
  rolledBack,
}: Pick<EventOf<typeof SwitchFailedV1>['data'], 'step' | 'rolledBack'>): ChangeState {
  if (!rolledBack) return 'failed-moved';
  return touchesWorkload(step) ? 'rolled-back' : 'failed';
}
