import { parsePoolId } from '@spotopt/contracts';
import type { DecisionMadeV1, EventData, IncidentView, SwitchView } from '@spotopt/contracts';
import type {
  ActivityRoute,
  NotificationsRoute,
  ResponseOf,
  SwitchHistoryRoute,
} from '@spotopt/contracts/http';
import type { Activity, Notification } from '../events/ports.js';

type SwitchItem = ResponseOf<typeof SwitchHistoryRoute>['switches'][number];

function azOf(poolId: string | null): string | null {
  return poolId === null ? null : parsePoolId(poolId).az;
}

function seconds(view: SwitchView): number | null {
  if (view.finishedAt === null) return null;
  return (Date.parse(view.finishedAt) - Date.parse(view.startedAt)) / 1_000;
}

/** A switch with the names of both dashboards and of the documents (S2, S3). */
export function toSwitchItem(view: SwitchView): SwitchItem {
  const saving = view.savingsUsdPerHour;
  return {
    id: view.switchId,
    switch_id: view.switchId,
    agent_id: view.agentId,
    client_id: view.clientId,
    status: view.status,
    step: view.step,
    trigger: view.trigger,
    trigger_type: view.trigger,
    reason: view.reason,
    initiated_at: view.startedAt,
    timestamp: view.startedAt,
    executed_at: view.finishedAt,
    finished_at: view.finishedAt,
    duration_seconds: seconds(view),
    downtime_seconds: view.downtimeMs === null ? null : view.downtimeMs / 1_000,
    downtime_ms: view.downtimeMs,
    instanceId: view.toEc2InstanceId,
    old_instance_id: view.fromEc2InstanceId,
    oldInstanceId: view.fromEc2InstanceId,
    new_instance_id: view.toEc2InstanceId,
    newInstanceId: view.toEc2InstanceId,
    from_mode: view.fromMode,
    fromMode: view.fromMode,
    old_mode: view.fromMode,
    to_mode: view.toMode,
    toMode: view.toMode,
    new_mode: view.toMode,
    from_pool_id: view.fromPoolId,
    fromPool: view.fromPoolId,
    to_pool_id: view.toPoolId,
    toPool: view.toPoolId,
    old_az: azOf(view.fromPoolId),
    new_az: azOf(view.toPoolId),
    price: view.newUsdPerHour,
    savings_impact: saving,
    savingsImpact: saving,
    savings_usd_per_hour: saving,
  };
}

export function toDecisionItem(decision: EventData<typeof DecisionMadeV1>): {
  decision_id: string;
  agent_id: string;
  action: string;
  [key: string]: unknown;
} {
  return {
    id: decision.decisionId,
    decision_id: decision.decisionId,
    agent_id: decision.agentId,
    client_id: decision.clientId,
    engine: decision.engine,
    action: decision.action,
    target_pool_id: decision.targetPoolId,
    reason: decision.reason,
    expected_savings_usd_per_hour: decision.expectedSavingsUsdPerHour,
    decided_at: decision.decidedAt,
    candidates: decision.candidates.map((candidate) => ({
      mode: candidate.mode,
      pool_id: candidate.poolId,
      usd_per_hour: candidate.usdPerHour,
      savings_percent: candidate.savingsPercent,
      risk: candidate.risk,
      rejected_because: candidate.rejectedBecause,
    })),
  };
}

export function toIncidentItem(incident: IncidentView): {
  incident_id: string;
  agent_id: string;
  state: string;
  [key: string]: unknown;
} {
  return {
    id: incident.incidentId,
    incident_id: incident.incidentId,
    agent_id: incident.agentId,
    client_id: incident.clientId,
    instance_id: incident.ec2InstanceId,
    state: incident.state,
    urgency: incident.urgency,
    first_signal_at: incident.firstSignalAt,
    deadline_at: incident.deadlineAt,
    signal_count: incident.signalCount,
    risk: incident.risk,
    switch_id: incident.switchId,
    failover_ms: incident.failoverMs,
    closed_at: incident.closedAt,
  };
}

export function toActivityItem(activity: Activity): ResponseOf<typeof ActivityRoute>['events'][number] {
  const { id, type, text, severity, clientId, agentId } = activity;
  const time = new Date(activity.createdAtMs).toISOString();
  return {
    id,
    event_id: id,
    type,
    event_type: type,
    text,
    message: text,
    severity,
    client_id: clientId,
    agent_id: agentId,
    time,
    created_at: time,
  };
}

/** Dashboards know three severities. */
function plainSeverity(severity: Notification['severity']): string {
  return severity === 'critical' ? 'error' : severity;
}

export function toNotificationItem(
  notification: Notification,
): ResponseOf<typeof NotificationsRoute>['notifications'][number] {
  const { id, type, title, message, severity, clientId, agentId, readAtMs } = notification;
  const time = new Date(notification.createdAtMs).toISOString();
  return {
    id,
    type,
    title,
    message,
    severity: plainSeverity(severity),
    client_id: clientId,
    agent_id: agentId,
    isRead: readAtMs !== null,
    read: readAtMs !== null,
    time,
    created_at: time,
  };
}
