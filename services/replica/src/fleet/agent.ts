import type { AgentSettings } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';

/** One workload: what dashboards and history show, stable over every change of machine. */
export interface Agent {
  readonly id: string;
  readonly clientId: string;
  readonly logicalAgentId: string;
  readonly status: 'online' | 'offline' | 'deleted';
  readonly region: string;
  readonly instanceType: string;
  readonly hostname: string | null;
  readonly agentVersion: string | null;
  readonly settings: AgentSettings;
  /** Rises with every change of primary and never falls. */
  readonly epoch: number;
  /** What users reach the workload by; null = nothing to move. */
  readonly trafficTarget: TrafficTarget | null;
  readonly lastHeartbeatAt: Date | null;
  readonly createdAt: Date;
  readonly version: number;
}

export type TrafficTarget = { readonly kind: 'elastic-ip'; readonly allocationId: string };

/** One agent process on one machine, with a command queue of its own. */
export interface Installation {
  /** The `agent_id` on the wire. The first installation of a workload uses the logical agent’s id. */
  readonly agentKey: string;
  readonly agentId: string;
  readonly clientId: string;
  readonly ec2InstanceId: string;
  readonly commandTypes: readonly string[];
  readonly agentVersion: string | null;
  readonly registeredAt: Date;
  readonly lastSeenAt: Date;
}

export const DEFAULT_SETTINGS: AgentSettings = {
  enabled: true,
  autoSwitchEnabled: true,
  manualReplicaEnabled: false,
  autoReplicaEnabled: true,
  autoTerminateEnabled: true,
  terminateWaitSeconds: 1800,
  minSavingsPercent: 30,
  maxRisk: 0.3,
  cooldownMinutes: 120,
  maxSwitchesPerDay: 3,
  maxSwitchesPerWeek: 10,
};

/** Partial settings as a request states them; a key that is absent or undefined is not stated. */
export type SettingsChange = { readonly [Key in keyof AgentSettings]?: AgentSettings[Key] | undefined };

/**
 * Applies stated settings. Automatic switching and a manual replica exclude each other (CT-43): turning
 * one on turns the other off only if the request did not state the other.
 * @throws AppError `settings-conflict` (permanent) when the request states both as true
 */
export function changeSettings(current: AgentSettings, change: SettingsChange): AgentSettings {
  const { autoSwitchEnabled: auto, manualReplicaEnabled: manual } = change;
  const next: AgentSettings = { ...current, ...definedOf(change) };
  if (!next.autoSwitchEnabled || !next.manualReplicaEnabled) return next;
  if (auto === true && manual === undefined) return { ...next, manualReplicaEnabled: false };
  if (manual === true && auto === undefined) return { ...next, autoSwitchEnabled: false };
  throw AppError.permanent(
    'settings-conflict',
    'automatic switching and a manual replica exclude each other: turn one of them off',
    { details: { fields: ['auto_switch_enabled', 'manual_replica_enabled'] } },
  );
}

function definedOf(change: SettingsChange): Partial<AgentSettings> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
