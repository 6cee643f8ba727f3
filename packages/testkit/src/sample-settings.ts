import type { AgentSettings } from '@spotopt/contracts';

/** Settings of a workload that may be moved and keeps no standby; `change` says what a test needs different. */
export function sampleSettings(change: Partial<AgentSettings> = {}): AgentSettings {
  return {
    enabled: true,
    autoSwitchEnabled: true,
    manualReplicaEnabled: false,
    autoReplicaEnabled: false,
    autoTerminateEnabled: true,
    terminateWaitSeconds: 300,
    minSavingsPercent: 30,
    maxRisk: 0.3,
    cooldownMinutes: 120,
    maxSwitchesPerDay: 3,
    maxSwitchesPerWeek: 10,
    ...change,
  };
}
