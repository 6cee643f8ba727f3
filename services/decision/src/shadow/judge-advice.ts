import type { Observation } from '../engine/ports.js';
import type { Advice, Outcome } from './advice.js';
import { costOfFollowing, type FollowedCost, type Unknown, type World } from './follow-advice.js';
import { bestInHindsight } from './hindsight.js';
import type { PoolCourse } from './pool-course.js';
import { type Sighting, whatHappened } from './what-happened.js';

/** What was seen of pools and of the workload since the decision. */
export interface Seen {
  /** Without caps, and possibly beginning after the decision. */
  readonly courses: ReadonlyMap<string, Omit<PoolCourse, 'capUsdPerHour'>>;
  /** Decisions about the workload until the end of the horizon, this one first. */
  readonly sightings: readonly Sighting[];
  readonly changesOfPrimary: number;
}

/** Whether the prices of all pools that could be chosen were read until the end of the horizon. */
export function isRead(
  { pools }: Pick<Observation, 'pools'>,
  horizonEndsAt: Date,
  courses: Seen['courses'],
): boolean {
  return pools.every(({ poolId }) => {
    const readUntilMs = courses.get(poolId)?.readUntilMs ?? null;
    return readUntilMs !== null && readUntilMs >= horizonEndsAt.getTime();
  });
}

/** The outcome of every advice that was given at one decision, in the same order. */
export function judgeAdvice(
  observation: Observation,
  advice: readonly Advice[],
  horizonEndsAt: Date,
  seen: Seen,
): Outcome[] {
  const window = { fromMs: Date.parse(observation.at), toMs: horizonEndsAt.getTime() };
  const world: World = { window, courses: coursesFrom(observation, seen.courses, window.fromMs) };
  const followed = advice.map(({ advised }): { cost: FollowedCost | Unknown; advised: typeof advised } => ({
    advised,
    cost: costOfFollowing(
      observation,
      { target: advised?.target ?? null, standby: advised?.standby ?? null },
      world,
    ),
  }));
  const known = followed.flatMap(({ cost, advised }) =>
    advised === null || 'unknown' in cost ? [] : [{ target: advised.target, standby: advised.standby, cost }],
  );
  const hindsight = bestInHindsight(observation, world, known);
  const happened = whatHappened(observation, seen.sightings, seen.changesOfPrimary, world);
  return followed.map(({ cost }): Outcome => {
    if ('unknown' in cost) return cost;
    const regretUsdPerHour = hindsight === null ? null : cost.usdPerHour - hindsight.usdPerHour;
    return { cost, hindsight, regretUsdPerHour, happened };
  });
}

/**
 * The courses of pools with the caps that held at the decision. A price that is older than what is kept is the one
 * that the engines saw.
 */
function coursesFrom(
  { pools, standby, current, onDemand }: Observation,
  courses: Seen['courses'],
  fromMs: number,
): Map<string, PoolCourse> {
  const observed = new Map<string, number>();
  for (const place of [standby, current, ...pools]) {
    const isSpot = place !== null && (!('mode' in place) || place.mode === 'spot');
    if (isSpot && place.usdPerHour !== null) observed.set(place.poolId, place.usdPerHour);
  }
  const caps = new Map(pools.map((pool) => [pool.poolId, pool.onDemandUsdPerHour]));
  return new Map(
    [...courses].map(([poolId, course]) => {
      const usdPerHour = observed.get(poolId);
      const isCovered = course.prices.some(({ atMs }) => atMs <= fromMs);
      const prices =
        isCovered || usdPerHour === undefined
          ? course.prices
          : [{ atMs: fromMs, usdPerHour }, ...course.prices];
      const cap = caps.has(poolId) ? (caps.get(poolId) ?? onDemand?.usdPerHour ?? null) : null;
      return [poolId, { ...course, prices, capUsdPerHour: cap }];
    }),
  );
}
