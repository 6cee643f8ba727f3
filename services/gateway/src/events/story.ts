import type { Envelope, EventData, EventDefinition, Severity } from '@spotopt/contracts';
import {
  AgentDeletedV1,
  AgentOfflineV1,
  AgentOnlineV1,
  AgentRegisteredV1,
  AgentSettingsChangedV1,
  ClientCreatedV1,
  ClientDeletedV1,
  ClientTokenRegeneratedV1,
  CommandExpiredV1,
  ConsolidationFinishedV1,
  DayClosedV1,
  InstanceTerminatedV1,
  InterruptionDetectedV1,
  InterruptionExpiredV1,
  InterruptionLostV1,
  InterruptionSurvivedV1,
  PoolRiskChangedV1,
  ModelActivatedV1,
  ModelRolledBackV1,
  PriceAlertFiredV1,
  ReplicaFailedV1,
  ReplicaPromotedV1,
  ReplicaReadyV1,
  SourcesDisagreeV1,
  SwitchFailedV1,
  SwitchFinishedV1,
  SwitchStartedV1,
} from '@spotopt/contracts';

/** An event in words, for the activity page; with a title it is also a notification. */
export interface Story {
  readonly type: 'switch' | 'agent' | 'event';
  readonly text: string;
  readonly severity: Severity;
  readonly title?: string;
}

type Teller = (data: unknown) => Story | undefined;

function tells<Definition extends EventDefinition>(
  definition: Definition,
  tell: (data: EventData<Definition>) => Story | undefined,
): readonly [string, Teller] {
  return [definition.type, (data) => tell(data as EventData<Definition>)];
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}

function saving(usdPerHour: number | null): string {
  return usdPerHour === null ? '' : `, saving ${usdPerHour.toFixed(4)} USD/h`;
}

function usd(amount: number | null): string {
  return amount === null ? 'unknown' : amount.toFixed(2);
}

const TELLERS = new Map<string, Teller>([
  tells(AgentRegisteredV1, (d) => ({
    type: 'agent',
    severity: 'info',
    text: `${d.logicalAgentId}: ${d.placement.ec2InstanceId ?? 'an instance'} registered as ${d.role}`,
  })),
  tells(AgentOnlineV1, () => ({ type: 'agent', severity: 'info', text: 'agent is online' })),
  tells(AgentOfflineV1, (d) => ({
    type: 'agent',
    severity: 'warning',
    title: 'Agent offline',
    text: d.reason === 'goodbye' ? 'agent said goodbye' : 'no heartbeat from the agent',
  })),
  tells(AgentSettingsChangedV1, () => ({ type: 'agent', severity: 'info', text: 'settings changed' })),
  tells(AgentDeletedV1, () => ({ type: 'agent', severity: 'info', text: 'agent deleted' })),
  tells(SwitchStartedV1, (d) => ({
    type: 'switch',
    severity: 'info',
    text: `switch (${d.trigger}) from ${d.from.poolId} to ${d.targetPoolId ?? d.targetMode}: ${d.reason}`,
  })),
  tells(SwitchFinishedV1, (d) => ({
    type: 'switch',
    severity: 'info',
    title: 'Switch finished',
    text:
      `switched (${d.trigger}) from ${d.from.poolId} to ${d.to.poolId}` +
      `${d.downtimeMs === null ? '' : `, down ${seconds(d.downtimeMs)}`}${saving(d.savingsUsdPerHour)}`,
  })),
  tells(SwitchFailedV1, (d) => ({
    type: 'switch',
    severity: 'error',
    title: 'Switch failed',
    text: `switch failed at ${d.step}: ${d.reason}${d.rolledBack ? ' (rolled back)' : ''}`,
  })),
  tells(ReplicaReadyV1, (d) => ({
    type: 'event',
    severity: 'info',
    text: `standby ${d.ec2InstanceId} is ready in ${d.poolId}`,
  })),
  tells(ReplicaPromotedV1, (d) => ({
    type: 'event',
    severity: 'info',
    text: `standby ${d.ec2InstanceId} became primary`,
  })),
  tells(ReplicaFailedV1, (d) => ({
    type: 'event',
    severity: 'warning',
    title: 'Standby failed',
    text: `standby in ${d.poolId} failed: ${d.reason}`,
  })),
  tells(InstanceTerminatedV1, (d) => ({
    type: 'event',
    severity: 'info',
    text: `${d.ec2InstanceId} (${d.lastRole}) is terminated: ${d.reason}`,
  })),
  tells(InterruptionDetectedV1, (d) => ({
    type: 'event',
    severity: d.urgency === 'terminate' ? 'critical' : 'warning',
    title: d.urgency === 'terminate' ? 'Termination notice' : 'Rebalance recommendation',
    text:
      d.urgency === 'terminate'
        ? `AWS takes ${d.ec2InstanceId}${d.deadlineAt === null ? '' : ` at ${d.deadlineAt}`}`
        : `AWS sees a risk for ${d.ec2InstanceId}`,
  })),
  tells(InterruptionSurvivedV1, (d) => ({
    type: 'event',
    severity: 'info',
    title: 'Interruption survived',
    text: `the workload left ${d.ec2InstanceId} in ${seconds(d.failoverMs)}`,
  })),
  tells(InterruptionLostV1, (d) => ({
    type: 'event',
    severity: 'critical',
    title: 'Workload lost',
    text: `${d.ec2InstanceId} went and nothing took over: ${d.reason}`,
  })),
  tells(InterruptionExpiredV1, (d) => ({
    type: 'event',
    severity: 'info',
    text: `the recommendation for ${d.ec2InstanceId} passed`,
  })),
  tells(CommandExpiredV1, (d) => ({
    type: 'event',
    severity: 'warning',
    text: `command ${d.commandType} was not executed in time`,
  })),
  tells(ClientCreatedV1, (d) => ({ type: 'event', severity: 'info', text: `client ${d.name} created` })),
  tells(ClientTokenRegeneratedV1, () => ({
    type: 'event',
    severity: 'warning',
    title: 'Token regenerated',
    text: 'the client token was replaced',
  })),
  tells(PriceAlertFiredV1, (d) => ({
    type: 'event',
    severity: 'info',
    title: 'Price alert',
    text: `${d.poolId} costs ${d.spotUsdPerHour.toFixed(4)} USD/h, at or below ${d.thresholdUsdPerHour.toFixed(4)}`,
  })),
  tells(PoolRiskChangedV1, (d) =>
    d.previousLabel === null || d.previousLabel === d.label
      ? undefined
      : {
          type: 'event',
          severity: d.label === 'avoid' ? 'warning' : 'info',
          text: `${d.poolId} is ${d.label} now, at a risk of ${(d.score * 100).toFixed(0)} % (${d.cause})`,
        },
  ),
  tells(SourcesDisagreeV1, (d) => ({
    type: 'event',
    severity: 'warning',
    text:
      `prices of ${d.poolId} differ by ${d.differencePercent.toFixed(1)} %: ` +
      `${d.usedUsdPerHour.toFixed(4)} (${d.usedSource}, used), ${d.otherUsdPerHour.toFixed(4)} (${d.otherSource})`,
  })),
  tells(ConsolidationFinishedV1, (d) =>
    d.status === 'completed'
      ? undefined
      : {
          type: 'event',
          severity: 'error',
          title: 'Consolidation failed',
          text: `the ${d.type} job of the prices failed: ${d.error ?? 'no reason given'}`,
        },
  ),
  tells(DayClosedV1, (d) =>
    d.revision === 1
      ? undefined
      : {
          type: 'event',
          severity: 'info',
          text: `savings of ${d.day} were closed again: ${usd(d.previousSavingsUsd)} → ${usd(d.figures.savingsUsd)} USD`,
        },
  ),
  tells(ModelActivatedV1, (d) => ({
    type: 'event',
    severity: 'info',
    title: 'Engine activated',
    text: `${d.engine.name} ${d.engine.version} decides, activated by ${d.activatedBy}; before it was ${d.previous.name} ${d.previous.version}`,
  })),
  tells(ModelRolledBackV1, (d) => ({
    type: 'event',
    severity: d.automatic ? 'warning' : 'info',
    title: 'Engine rolled back',
    text: `${d.engine.name} ${d.engine.version} decides again instead of ${d.previous.name} ${d.previous.version}: ${d.reason}`,
  })),
  tells(ClientDeletedV1, () => ({ type: 'event', severity: 'warning', text: 'client deleted' })),
]);

/** Undefined for events that are nothing to a person, such as prices. */
export function storyOf(event: Envelope): Story | undefined {
  return TELLERS.get(event.type)?.(event.data);
}
