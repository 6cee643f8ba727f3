import type { Observation, PlacementChoice } from '../engine/ports.js';
import { costOfFollowing, type FollowedCost, type World } from './follow-advice.js';

/** The cheapest that could have been done, as one knows afterwards. */
export interface Hindsight {
  /** Null when staying was best. */
  readonly target: PlacementChoice | null;
  readonly standby: PlacementChoice | null;
  readonly usdPerHour: number;
}

/**
 * The best of staying, on-demand and every pool that could be had at the time, each without a standby, and of what the
 * engines advised. Null when too little is known of one of them, which might have been the best.
 */
export function bestInHindsight(
  observation: Observation,
  world: World,
  advised: readonly (Omit<Hindsight, 'usdPerHour'> & { readonly cost: FollowedCost })[],
): Hindsight | null {
  const all: Hindsight[] = advised.map(({ target, standby, cost }) => ({
    target,
    standby,
    usdPerHour: cost.usdPerHour,
  }));
  for (const target of placesOf(observation)) {
    const cost = costOfFollowing(observation, { target, standby: null }, world);
    if ('unknown' in cost) return null;
    all.push({ target, standby: null, usdPerHour: cost.usdPerHour });
  }
  return all.reduce<Hindsight | null>(
    (best, one) => (best === null || one.usdPerHour < best.usdPerHour ? one : best),
    null,
  );
}

/** Where an engine may have sent the workload; a target where it already runs is none. */
function placesOf({ current, pools, onDemand, at }: Observation): (PlacementChoice | null)[] {
  const spot = pools.flatMap((pool): PlacementChoice[] => {
    const isBlocked = pool.blockedUntil !== null && pool.blockedUntil > at;
    const isHere = current?.mode === 'spot' && current.poolId === pool.poolId;
    if (isBlocked || isHere || pool.underNotice || pool.available === false || pool.usdPerHour === null) {
      return [];
    }
    return [{ mode: 'spot', poolId: pool.poolId }];
  });
  const zone = current?.poolId ?? pools[0]?.poolId;
  const isOnDemand = current?.mode === 'ondemand' || onDemand === null || zone === undefined;
  return [
    ...(current === null ? [] : [null]),
    ...spot,
    ...(isOnDemand ? [] : [{ mode: 'ondemand' as const, poolId: zone }]),
  ];
}
