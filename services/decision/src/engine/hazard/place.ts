import type { PlacementChoice, PoolObservation } from '../engine.js';
import type { CoLossSide } from './co-loss.js';
import { fading, HALF_LIFE_HOURS, SECONDS_PER_HOUR } from './constants.js';
import { priceExcessOf } from './learn.js';
import { beliefOf } from './loss-rate.js';

/** A machine that could be the primary or a standby, with all that its cost ahead depends on. */
export interface Place extends CoLossSide {
  readonly mode: PlacementChoice['mode'];
  readonly usdPerHour: number;
  readonly lossPerHour: number;
  /** Since when its pool gives machines. */
  readonly ageHours: number;
  readonly priceExcess: number;
}

/** Losses per hour of a pool, from whatever estimates them. */
export type LossPerHour = (poolId: string) => number;

/** On demand nothing is lost: that is what its price is for. */
export function onDemandPlace(poolId: string, usdPerHour: number): Place {
  return {
    ...{ mode: 'ondemand', poolId, region: '', usdPerHour, lossPerHour: 0, ageHours: 0, priceExcess: 0 },
    ...{ usualUp: 1, coLosses: { at: 0, losses: 0, together: {} }, coLossFading: 0 },
  };
}

export function spotPlace(
  pool: PoolObservation,
  {
    now,
    region,
    usdPerHour,
    lossPerHour,
  }: Readonly<Pick<Place, 'region' | 'usdPerHour' | 'lossPerHour'>> & {
    readonly now: number;
  },
): Place {
  const belief = beliefOf(pool, now);
  return {
    mode: 'spot',
    poolId: pool.poolId,
    region,
    usdPerHour,
    lossPerHour,
    ageHours: Math.max(0, now - belief.upSince) / SECONDS_PER_HOUR,
    priceExcess: priceExcessOf(belief),
    usualUp: belief.usualUp,
    coLosses: belief.coLosses,
    coLossFading: fading((now - belief.coLosses.at) / SECONDS_PER_HOUR, HALF_LIFE_HOURS.coLoss),
  };
}
