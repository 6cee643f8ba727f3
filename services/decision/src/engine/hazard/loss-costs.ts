import type { Observation } from '../engine.js';
import { SECONDS_PER_HOUR } from './constants.js';

/** What the loss of a primary costs, in USD at the workload's own price of downtime. */
export interface LossCosts {
  /** With a standby that takes over. */
  readonly promoteUsd: number;
  /** Without one. */
  readonly coldUsd: number;
  readonly coldHours: number;
  readonly cycleHours: number;
}

export function lossCostsOf({
  economics,
  cycleSeconds,
}: Pick<Observation, 'economics' | 'cycleSeconds'>): LossCosts {
  const { downtimeUsdPerMinute, promoteSeconds, coldLaunchSeconds } = economics;
  return {
    promoteUsd: (downtimeUsdPerMinute * promoteSeconds) / 60,
    coldUsd: (downtimeUsdPerMinute * coldLaunchSeconds) / 60,
    coldHours: coldLaunchSeconds / SECONDS_PER_HOUR,
    cycleHours: cycleSeconds / SECONDS_PER_HOUR,
  };
}
