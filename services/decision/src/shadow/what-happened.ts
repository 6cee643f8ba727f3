import type { Observation } from '../engine/ports.js';
import type { World } from './follow-advice.js';
import { missingIn, type PoolCourse, usdOver, type Window } from './pool-course.js';

/** Where the workload was seen when a later decision was made about it. */
export interface Sighting {
  readonly atMs: number;
  readonly mode: 'spot' | 'ondemand' | 'unknown';
  readonly poolId: string;
}

/** What really happened, as far as this service saw it. Machines only: nobody measures a downtime here. */
export interface Happened {
  readonly machineUsdPerHour: number;
  readonly changesOfPrimary: number;
}

/** A workload that was not looked at for longer than this many cycles may have been anywhere. */
const LONGEST_GAP_CYCLES = 2;
const HOUR_MS = 3_600_000;

/**
 * The price of where the primary really was, from one decision to the next. Null when it was out of sight for a while,
 * or was somewhere without a known price.
 *
 * @param sightings those within the window, oldest first
 */
export function whatHappened(
  { cycleSeconds, onDemand }: Pick<Observation, 'cycleSeconds' | 'onDemand'>,
  sightings: readonly Sighting[],
  changesOfPrimary: number,
  { window, courses }: World,
): Happened | null {
  const { fromMs, toMs } = window;
  const longestGapMs = LONGEST_GAP_CYCLES * cycleSeconds * 1000;
  const first = sightings[0];
  if (first === undefined || first.atMs > fromMs) return null;
  let usd = 0;
  for (const [index, { atMs, mode, poolId }] of sightings.entries()) {
    const until = sightings[index + 1]?.atMs ?? toMs;
    if (until - atMs > longestGapMs) return null;
    const stretch = { fromMs: Math.max(atMs, fromMs), toMs: until };
    const course = mode === 'spot' ? courses.get(poolId) : undefined;
    const usdOfStretch = mode === 'ondemand' ? usdOnDemand(onDemand, stretch) : usdInPool(course, stretch);
    if (usdOfStretch === null) return null;
    usd += usdOfStretch;
  }
  return { machineUsdPerHour: (usd * HOUR_MS) / (toMs - fromMs), changesOfPrimary };
}

function usdOnDemand(onDemand: Observation['onDemand'], { fromMs, toMs }: Window): number | null {
  return onDemand === null ? null : (onDemand.usdPerHour * (toMs - fromMs)) / HOUR_MS;
}

function usdInPool(course: PoolCourse | undefined, stretch: Window): number | null {
  return course === undefined || missingIn(course, stretch) !== null ? null : usdOver(course, stretch);
}
