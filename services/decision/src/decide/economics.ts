import { createHash } from 'node:crypto';
import type { AgentSettings } from '@spotopt/contracts';
import type { Observation, SwitchEconomics } from '../engine/ports.js';

/** What a minute of downtime costs where nobody said so, in minutes of the on-demand machine. */
const DOWNTIME_WEIGHT = 100;
/** Median of a promotion, and of a cold launch with boot and state, as measured (aim: 10 s and 3 min). */
const PROMOTE_SECONDS = 10;
const COLD_LAUNCH_SECONDS = 180;

/** What moving a workload costs. Without any price there is nothing to weigh, so that downtime then counts nothing. */
export function economicsOf(settings: AgentSettings, onDemand: Observation['onDemand']): SwitchEconomics {
  const onDemandUsdPerMinute = (onDemand?.usdPerHour ?? 0) / 60;
  return {
    downtimeUsdPerMinute: settings.downtimeUsdPerMinute ?? DOWNTIME_WEIGHT * onDemandUsdPerMinute,
    promoteSeconds: PROMOTE_SECONDS,
    coldLaunchSeconds: COLD_LAUNCH_SECONDS,
    doubleRunSeconds: COLD_LAUNCH_SECONDS,
    // With automatic termination off a person ends the old machine: hardly sooner than the program would.
    oldKeptSeconds: settings.terminateWaitSeconds,
    transferUsd: settings.transferUsdPerSwitch ?? 0,
  };
}

/** The same workload at the same time draws the same lots. */
export function seedOf(agentId: string, now: Date): number {
  return createHash('sha256').update(`${agentId} ${now.toISOString()}`).digest().readUInt32BE(0);
}
