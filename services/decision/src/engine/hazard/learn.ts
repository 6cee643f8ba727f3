import type { Learned, Learner, MarketSample } from '../learner.js';
import type { MarketBelief, PoolBelief } from '../belief.js';
import { countLoss } from './co-loss.js';
import { fading, HALF_LIFE_HOURS, LOSS_RATE, PRICE_LOSS, PRIOR, SECONDS_PER_HOUR } from './constants.js';
import { priorFactorOf } from './prior.js';
import { addHours, noHours } from './time-of-day.js';

type PoolSample = MarketSample['pools'][number];

/** A pool that is seen again, a while after it was last seen. */
interface Seen {
  readonly before: PoolBelief;
  readonly pool: PoolSample;
  readonly isUp: boolean;
}

/** Samples may come at any distance. What is unknown teaches nothing: the pool is brought up to date when it is known. */
export const learner: Learner = { learn };

export function learn(before: Learned, sample: MarketSample): Learned {
  const { at } = sample;
  if (before.market !== null && at <= before.market.at) return before;
  const pools = new Map(before.pools);
  const seen: Seen[] = [];
  for (const pool of sample.pools) {
    if (pool.available === null) continue;
    const known = before.pools.get(pool.poolId);
    if (known === undefined) pools.set(pool.poolId, firstBelief(at, pool));
    else seen.push({ before: known, pool, isUp: pool.available });
  }
  const fallen = seen.filter(isLost).map(({ pool }) => pool.poolId);
  const market = { ...(before.market ?? emptyMarket(at)), priorFactor: priorFactorOf(sample) };
  fade(market, at);
  for (const one of seen) {
    const after = watch(one, at, fallen);
    count(market, one, after, at);
    pools.set(one.pool.poolId, after);
  }
  return { market, pools };
}

/** What is believed of a pool that was never seen before. */
export function firstBelief(
  at: number,
  { usdPerHour, available }: Pick<PoolSample, 'usdPerHour' | 'available'>,
): PoolBelief {
  const isUp = available !== false;
  const logUsd = logOf(usdPerHour);
  return {
    at,
    up: isUp,
    upSince: at - PRIOR.ageHours * SECONDS_PER_HOUR,
    recentLosses: 0,
    recentHours: 0,
    usualUp: PRIOR.usualUp,
    recentDown: isUp ? 0 : PRIOR.recentDown,
    logUsd,
    usualLogUsd: logUsd,
    squaredMoves: 0,
    byHour: noHours(at),
    coLosses: { at, losses: 0, together: {} },
  };
}

/** How far a pool's price is above its average, as a logarithm: 0.1 is a tenth. */
export function priceExcessOf({ logUsd, usualLogUsd }: PoolBelief): number {
  const [least, most] = LOSS_RATE.excessRange;
  return logUsd === null || usualLogUsd === null ? 0 : Math.max(least, Math.min(most, logUsd - usualLogUsd));
}

function isLost({ before, isUp }: Seen): boolean {
  return before.up && !isUp;
}

function watch(seen: Seen, at: number, fallen: readonly string[]): PoolBelief {
  const { before, pool, isUp } = seen;
  const hours = (at - before.at) / SECONDS_PER_HOUR;
  const lost = isLost(seen);
  const recent = fading(hours, HALF_LIFE_HOURS.recent);
  const logUsd = logOf(pool.usdPerHour) ?? before.logUsd;
  return {
    at,
    up: isUp,
    upSince: isUp && !before.up ? at : before.upSince,
    recentLosses: before.recentLosses * recent + (lost ? 1 : 0),
    recentHours: before.recentHours * recent + (before.up ? hours : 0),
    usualUp: towards(before.usualUp, isUp ? 1 : 0, hours, HALF_LIFE_HOURS.usualUp),
    recentDown: towards(before.recentDown, isUp ? 0 : 1, hours, HALF_LIFE_HOURS.recentDown),
    logUsd,
    usualLogUsd: usualOf(before, hours) ?? logUsd,
    squaredMoves:
      before.squaredMoves * fading(hours, HALF_LIFE_HOURS.moves) + squaredMove(before.logUsd, logUsd),
    byHour: before.up ? addHours(before.byHour, { from: before.at, to: at, lost }) : before.byHour,
    coLosses: lost
      ? countLoss(
          before.coLosses,
          at,
          fallen.filter((poolId) => poolId !== pool.poolId),
        )
      : before.coLosses,
  };
}

/** The price held since the last sample. */
function usualOf({ logUsd, usualLogUsd }: PoolBelief, hours: number): number | null {
  if (logUsd === null || usualLogUsd === null) return null;
  return towards(usualLogUsd, logUsd, hours, HALF_LIFE_HOURS.usualPrice);
}

function squaredMove(from: number | null, to: number | null): number {
  if (from === null || to === null) return 0;
  return Math.min(PRICE_LOSS.largestSquaredMove, (to - from) ** 2);
}

function emptyMarket(at: number): MarketBelief {
  return { at, priorFactor: 1, losses: 0, hoursUp: 0, allLosses: 0, priceLosses: 0, returned: 0, away: 0 };
}

type Counting = { -readonly [Key in keyof MarketBelief]: MarketBelief[Key] };

function fade(market: Counting, at: number): void {
  const hours = (at - market.at) / SECONDS_PER_HOUR;
  const kept = fading(hours, HALF_LIFE_HOURS.week);
  const keptKind = fading(hours, HALF_LIFE_HOURS.lossKind);
  market.at = at;
  market.losses *= kept;
  market.hoursUp *= kept;
  market.returned *= kept;
  market.away *= kept;
  market.allLosses *= keptKind;
  market.priceLosses *= keptKind;
}

function count(market: Counting, seen: Seen, after: PoolBelief, at: number): void {
  const hours = (at - seen.before.at) / SECONDS_PER_HOUR;
  const excess = priceExcessOf(seen.before);
  if (isLost(seen)) {
    market.losses += 1;
    market.allLosses += 1;
    if (rosePastCap(seen, after)) market.priceLosses += 1;
  }
  if (seen.before.up) market.hoursUp += hours;
  market.returned += excess * (excess - priceExcessOf(after));
  market.away += excess * excess * hours;
}

/** The price has just risen above what the machine costs on demand. */
function rosePastCap({ before, pool }: Seen, after: PoolBelief): boolean {
  const cap = logOf(pool.onDemandUsdPerHour);
  if (cap === null || before.logUsd === null || after.logUsd === null) return false;
  const limit = cap + PRICE_LOSS.sameLogPrice;
  return before.logUsd <= limit && after.logUsd > limit;
}

function towards(before: number, present: number, hours: number, halfLifeHours: number): number {
  return before + (present - before) * (1 - fading(hours, halfLifeHours));
}

export function logOf(usdPerHour: number | null): number | null {
  return usdPerHour === null || usdPerHour <= 0 ? null : Math.log(usdPerHour);
}
