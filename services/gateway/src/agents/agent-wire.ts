import type { AgentSettings, AgentView, ResolvedAgent } from '@spotopt/contracts';
import type { AgentConfigBody, SettingsBody } from '@spotopt/contracts/http';
import { firstGiven } from '../first-given.js';
import { invalidRequest } from '../invalid-body.js';

/** Shown to agents that ask; nothing decides by them (AG-38). */
const TARGET_SAVINGS_PERCENT = 50;
const MIN_POOL_DURATION_HOURS = 2;

/** Settings in the words of the wire. @param enabled what this installation must obey */
export function toConfig(settings: AgentSettings, enabled: boolean): AgentConfigBody {
  const keepsReplica = settings.manualReplicaEnabled || settings.autoReplicaEnabled;
  return {
    enabled,
    auto_switch_enabled: settings.autoSwitchEnabled,
    auto_terminate_enabled: settings.autoTerminateEnabled,
    manual_replica_enabled: settings.manualReplicaEnabled,
    terminate_wait_seconds: settings.terminateWaitSeconds,
    replica_enabled: keepsReplica,
    replica_count: keepsReplica ? 1 : 0,
    min_savings_percent: settings.minSavingsPercent,
    risk_threshold: settings.maxRisk,
    max_switches_per_week: settings.maxSwitchesPerWeek,
    ...pricesOfSwitches(settings),
    max_switches_per_day: settings.maxSwitchesPerDay,
    min_pool_duration_hours: MIN_POOL_DURATION_HOURS,
    cooldown_minutes: settings.cooldownMinutes,
    target_savings_percent: TARGET_SAVINGS_PERCENT,
  };
}

/** Absent unless somebody set them: agents expect no null in what they are told (T4). */
function pricesOfSwitches({
  downtimeUsdPerMinute: downtime,
  transferUsdPerSwitch: transfer,
}: AgentSettings): Pick<AgentConfigBody, 'downtime_usd_per_minute' | 'transfer_usd_per_switch'> {
  return {
    ...(downtime == null ? {} : { downtime_usd_per_minute: downtime }),
    ...(transfer == null ? {} : { transfer_usd_per_switch: transfer }),
  };
}

/** What one installation may be told about itself. */
export function toAgentConfig(
  agent: ResolvedAgent,
  settings: AgentSettings,
): AgentConfigBody & { role: string; epoch: number } {
  return { ...toConfig(settings, agent.enabled && settings.enabled), role: agent.role, epoch: agent.epoch };
}

/** 0.30 and 30 both mean thirty percent (CT-99). */
function percentOf(value: number | null): number | null {
  if (value === null) return null;
  return value > 0 && value <= 1 ? value * 100 : value;
}

function waitSecondsOf(body: SettingsBody): number | null {
  const seconds = firstGiven(body.terminateWaitSeconds, body.terminate_wait_seconds);
  if (seconds !== null) return seconds;
  const minutes = firstGiven(body.terminateWaitMinutes, body.terminate_wait_minutes);
  return minutes === null ? null : Math.round(minutes * 60);
}

/**
 * The settings that a request states, in either spelling.
 * @throws AppError `invalid-request` (permanent) when it states none
 */
export function toSettingsChange(body: SettingsBody): Partial<AgentSettings> {
  const stated = {
    enabled: firstGiven(body.enabled),
    autoSwitchEnabled: firstGiven(body.autoSwitchEnabled, body.auto_switch_enabled),
    manualReplicaEnabled: firstGiven(body.manualReplicaEnabled, body.manual_replica_enabled),
    autoReplicaEnabled: firstGiven(body.autoReplicaEnabled, body.auto_replica_enabled),
    autoTerminateEnabled: firstGiven(body.autoTerminateEnabled, body.auto_terminate_enabled),
    terminateWaitSeconds: waitSecondsOf(body),
    minSavingsPercent: percentOf(
      firstGiven(body.minSavingsPercent, body.min_savings_percent, body.min_savings_threshold),
    ),
    maxRisk: firstGiven(body.maxRisk, body.max_risk_score, body.risk_threshold),
    cooldownMinutes: firstGiven(body.cooldownMinutes, body.cooldown_minutes),
    maxSwitchesPerDay: firstGiven(body.maxSwitchesPerDay, body.max_switches_per_day),
    maxSwitchesPerWeek: firstGiven(body.maxSwitchesPerWeek, body.max_switches_per_week),
    downtimeUsdPerMinute: firstGiven(body.downtimeUsdPerMinute, body.downtime_usd_per_minute),
    transferUsdPerSwitch: firstGiven(body.transferUsdPerSwitch, body.transfer_usd_per_switch),
  };
  const changes = Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== null));
  const ignored = firstGiven(body.target_savings_percent, body.replica_count) !== null;
  if (Object.keys(changes).length === 0 && !ignored) {
    throw invalidRequest([{ path: [], message: 'no setting given, for example auto_switch_enabled' }]);
  }
  return changes;
}

/** An agent in a list, with the names of both dashboards (K3, M12). */
export function toAgentItem(view: AgentView, clientName?: string): Record<string, unknown> & AgentItemCore {
  const { settings } = view;
  const config = toConfig(settings, settings.enabled);
  return {
    id: view.agentId,
    agent_id: view.agentId,
    client_id: view.clientId,
    ...(clientName === undefined ? {} : { clientName, client_name: clientName }),
    logical_agent_id: view.logicalAgentId,
    logicalAgentId: view.logicalAgentId,
    status: view.status,
    hostname: view.hostname,
    instance_id: view.ec2InstanceId,
    instanceId: view.ec2InstanceId,
    instance_type: view.instanceType,
    instanceType: view.instanceType,
    region: view.region,
    az: view.az,
    current_mode: view.mode,
    currentMode: view.mode,
    current_pool_id: view.poolId,
    currentPoolId: view.poolId,
    epoch: view.epoch,
    version: view.agentVersion,
    agent_version: view.agentVersion,
    agentVersion: view.agentVersion,
    last_heartbeat_at: view.lastHeartbeatAt,
    lastHeartbeat: view.lastHeartbeatAt,
    lastHeartbeatAt: view.lastHeartbeatAt,
    last_seen: view.lastHeartbeatAt,
    created_at: view.createdAt,
    createdAt: view.createdAt,
    instanceCount: view.ec2InstanceId === null ? 0 : 1,
    ...config,
    auto_replica_enabled: settings.autoReplicaEnabled,
    autoReplicaEnabled: settings.autoReplicaEnabled,
    autoSwitchEnabled: settings.autoSwitchEnabled,
    manualReplicaEnabled: settings.manualReplicaEnabled,
    autoTerminateEnabled: settings.autoTerminateEnabled,
    terminateWaitMinutes: Math.round(settings.terminateWaitSeconds / 60),
    replica_count: view.replicaCount,
    replicaCount: view.replicaCount,
  };
}

interface AgentItemCore {
  id: string;
  agent_id: string;
  client_id: string;
  logical_agent_id: string;
  status: string;
  hostname: string | null;
  instance_id: string | null;
  instance_type: string;
  region: string;
  az: string | null;
  current_mode: string;
  current_pool_id: string | null;
  last_heartbeat_at: string | null;
  enabled: boolean;
  auto_switch_enabled: boolean;
  auto_terminate_enabled: boolean;
  manual_replica_enabled: boolean;
  replica_count: number;
}
