import { regionOf } from '@spotopt/contracts';
import type { Observation } from '../engine.js';
import { CHOICE, PRIOR } from './constants.js';
import type { LossCosts } from './loss-costs.js';
import { type LossPerHour, type Place, spotPlace } from './place.js';
import { dangersOf } from './rejections.js';

export interface Standbys {
  /** Among which one may be chosen, the cheapest first; where none may be chosen, the one that stands by anyway. */
  readonly places: readonly Place[];
  /** The pool in which one stands already. */
  readonly presentPoolId: string | null;
}

/** @param usable places in which a machine may be launched */
export function standbysOf(
  observation: Observation,
  usable: readonly Place[],
  losses: LossCosts,
  lossPerHour: LossPerHour,
): Standbys {
  const { standby, standbyAllowed, current } = observation;
  const presentPoolId = standby?.mode === 'spot' ? standby.poolId : null;
  const inUse = usable.find(({ poolId }) => poolId === presentPoolId);
  const kept = inUse === undefined ? keptStandby(observation, lossPerHour) : null;
  if (!standbyAllowed) {
    const others = inUse ?? kept;
    // It takes over as well as any, and is paid for whatever is proposed.
    return { places: others === null ? [] : [{ ...others, usdPerHour: 0 }], presentPoolId };
  }
  const places = kept === null ? usable : [...usable, kept];
  return { places: shortListed(places, [presentPoolId, current?.poolId ?? null], losses), presentPoolId };
}

/** One that runs already stays in question when nobody has read its price lately. */
function keptStandby({ at, standby, pools }: Observation, lossPerHour: LossPerHour): Place | null {
  if (standby?.mode !== 'spot') return null;
  const pool = pools.find(({ poolId }) => poolId === standby.poolId);
  if (pool === undefined || dangersOf(pool, at).length > 0) return null;
  const usdPerHour = standby.usdPerHour ?? pool.usdPerHour ?? pool.onDemandUsdPerHour;
  if (usdPerHour === null) return null;
  const now = Date.parse(at) / 1000;
  const region = regionOf(pool.az);
  return spotPlace(pool, { now, region, usdPerHour, lossPerHour: lossPerHour(pool.poolId) });
}

/**
 * The cheapest first; ties go to the earlier one. Pairs are counted in squares, so that of many only the best few are
 * looked at: each judged as if the cheapest machine stood by. Those in `keep` always are.
 */
function shortListed(
  places: readonly Place[],
  keep: readonly (string | null)[],
  { promoteUsd, coldUsd }: Pick<LossCosts, 'promoteUsd' | 'coldUsd'>,
): readonly Place[] {
  const byPrice = (a: Place, b: Place): number => a.usdPerHour - b.usdPerHour;
  if (places.length <= CHOICE.standbys) return places.toSorted(byPrice);
  const cheapest = places.reduce((least, { usdPerHour }) => Math.min(least, usdPerHour), Number.MAX_VALUE);
  const usdPerLoss = promoteUsd + PRIOR.coLossSameRegion * coldUsd;
  const ranked = places.map((place, order) => {
    const { usdPerHour, lossPerHour, poolId } = place;
    const cost = usdPerHour + Math.min(lossPerHour * coldUsd, cheapest + lossPerHour * usdPerLoss);
    return { place, order, cost: keep.includes(poolId) ? -1 : cost };
  });
  ranked.sort((a, b) => a.cost - b.cost || a.order - b.order);
  return ranked
    .slice(0, CHOICE.standbys)
    .map(({ place }) => place)
    .sort(byPrice);
}
