import { regionOf } from '@spotopt/contracts';
import type { MarketBelief, PoolBelief } from '../belief.js';
import type { Observation, PoolObservation } from '../engine.js';
import { LOSS_RATE, PRICE_LOSS, PRIOR, SECONDS_PER_HOUR } from './constants.js';
import { firstBelief, logOf, priceExcessOf } from './learn.js';
import { rateAt } from './time-of-day.js';

/** As much of an observation as rates of loss are read from. */
export interface Seen extends Pick<Observation, 'at' | 'market'> {
  readonly pools: readonly SeenPool[];
}

export type SeenPool = Pick<
  PoolObservation,
  'poolId' | 'az' | 'instanceType' | 'usdPerHour' | 'onDemandUsdPerHour' | 'available' | 'belief'
>;

/** Losses per hour of each pool that may give machines now, as they were learned. */
export function lossRates({ at, pools, market }: Seen): (poolId: string) => number {
  const now = Date.parse(at) / 1000;
  const marketRate = marketRateOf(market);
  const priceShare = priceShareOf(market);
  const watched = watchedPools(pools, now);
  const rates = new Map<string, number>();
  for (const { pool, belief, isUp, group } of watched) {
    if (!isUp) continue;
    // The pool itself is up: what the group misses, the others miss.
    const scarcity = group.pools < 2 ? 0 : (group.missing - belief.usualUp + 1) / (group.pools - 1);
    const capUsdPerHour = pool.onDemandUsdPerHour;
    rates.set(pool.poolId, lossRate(belief, { now, marketRate, scarcity, priceShare, capUsdPerHour }));
  }
  const unseen = firstBelief(now, { usdPerHour: null, available: true });
  const unknown = lossRate(unseen, { now, marketRate, scarcity: 0, priceShare: 0, capUsdPerHour: null });
  return (poolId) => rates.get(poolId) ?? unknown;
}

export interface LossSurroundings {
  /** Epoch seconds. */
  readonly now: number;
  /** Losses per hour of the average pool. */
  readonly marketRate: number;
  /** Share of the other pools that are away, beyond what is usual. */
  readonly scarcity: number;
  /** Share of the market's losses that came with a price above the cap. */
  readonly priceShare: number;
  /** The on-demand price in the pool's zone. */
  readonly capUsdPerHour: number | null;
}

/** λ = λ_capacity^(1 − s/2) · λ_price^(s/2), s being the share of the market's losses that came with a price. */
export function lossRate(belief: PoolBelief, surroundings: LossSurroundings): number {
  const byCapacity = capacityLossRate(belief, surroundings);
  const { priceShare } = surroundings;
  if (priceShare === 0) return byCapacity;
  const byPrice = priceLossRate(belief, surroundings);
  if (byPrice === null) return byCapacity;
  return byCapacity * Math.pow(byPrice / byCapacity, priceShare * PRICE_LOSS.share);
}

/**
 * {φ·market + 0.9·(0.2 + age)^-½ · ρ8h^0.15 · ρhour^0.3 · exp(0.8·scarcity + 0.65·down)} · exp(1.5·price excess)
 */
export function capacityLossRate(
  belief: PoolBelief,
  { now, marketRate, scarcity }: LossSurroundings,
): number {
  const weight = LOSS_RATE.recentWeightHours;
  const recent = (belief.recentLosses + weight * marketRate) / (belief.recentHours + weight);
  const ofPool =
    LOSS_RATE.scale *
    ofAge(belief, now) *
    Math.pow(recent, LOSS_RATE.recentExponent) *
    Math.pow(rateAt(belief.byHour, now, marketRate), LOSS_RATE.timeOfDayExponent) *
    Math.exp(LOSS_RATE.scarcity * scarcity + LOSS_RATE.recentDown * belief.recentDown);
  const floor = LOSS_RATE.floorShare * marketRate;
  return (floor + ofPool) * Math.exp(LOSS_RATE.priceExcess * priceExcessOf(belief));
}

/** 2.25·(0.2 + age)^-½ · (price/cap)^1.4 · (√moves + 0.05)^0.6 · ρhour^0.15 · exp(0.8·scarcity); null without a cap */
export function priceLossRate(
  belief: PoolBelief,
  { now, marketRate, scarcity, capUsdPerHour }: LossSurroundings,
): number | null {
  const cap = logOf(capUsdPerHour);
  if (cap === null || belief.logUsd === null) return null;
  const restless = Math.sqrt(belief.squaredMoves) + PRICE_LOSS.restlessFloor;
  return (
    PRICE_LOSS.scale *
    ofAge(belief, now) *
    Math.exp(PRICE_LOSS.nearnessExponent * Math.min(0, belief.logUsd - cap)) *
    Math.pow(restless, PRICE_LOSS.restlessExponent) *
    Math.pow(rateAt(belief.byHour, now, marketRate), PRICE_LOSS.timeOfDayExponent) *
    Math.exp(LOSS_RATE.scarcity * scarcity)
  );
}

/** Spells are heavy-tailed: the longer a pool has been up, the safer it is. */
function ofAge({ upSince }: PoolBelief, now: number): number {
  const age = Math.max(0, now - upSince) / SECONDS_PER_HOUR;
  return Math.pow(LOSS_RATE.ageShiftHours + age, -LOSS_RATE.ageExponent);
}

/** Share of losses that came with a price above the cap. */
export function priceShareOf(market: MarketBelief | null): number {
  return market === null ? 0 : market.priceLosses / (market.allLosses + PRICE_LOSS.otherLosses);
}

export function marketRateOf(market: MarketBelief | null): number {
  const expected = PRIOR.losses * (market?.priorFactor ?? 1);
  return (expected + (market?.losses ?? 0)) / (PRIOR.hoursUp + (market?.hoursUp ?? 0));
}

/** How fast prices come back to their average, per hour. */
export function returnRateOf(market: MarketBelief | null): number {
  const weight = PRIOR.returnWeight;
  const rate = ((market?.returned ?? 0) + weight * PRIOR.returnPerHour) / ((market?.away ?? 0) + weight);
  return Math.max(0, rate);
}

/**
 * What is believed of a pool, or of any pool where nothing was learned of it. One that is seen up before that was
 * learned has come back just now: its age is not that of the time before it was away.
 */
export function beliefOf(
  { belief, usdPerHour, available }: Pick<SeenPool, 'belief' | 'usdPerHour' | 'available'>,
  now: number,
): PoolBelief {
  if (belief === null) return firstBelief(now, { usdPerHour, available });
  return available === true && !belief.up ? { ...belief, up: true, upSince: now } : belief;
}

/** Pools of the same type and region share their capacity: when some are away more than usual, the others follow. */
interface Group {
  pools: number;
  /** How many are usually up, less how many are. */
  missing: number;
}

interface WatchedPool {
  readonly pool: SeenPool;
  readonly belief: PoolBelief;
  readonly isUp: boolean;
  readonly group: Group;
}

function watchedPools(pools: readonly SeenPool[], now: number): WatchedPool[] {
  const groups = new Map<string, Map<string, Group>>();
  const readRegion = regionReader();
  return pools.map((pool) => {
    const { instanceType, az, available } = pool;
    const belief = beliefOf(pool, now);
    const isUp = available ?? belief.up;
    const ofType = groups.get(instanceType) ?? new Map<string, Group>();
    groups.set(instanceType, ofType);
    const region = readRegion(az);
    const group = ofType.get(region) ?? { pools: 0, missing: 0 };
    ofType.set(region, group);
    group.pools += 1;
    group.missing += belief.usualUp - (isUp ? 1 : 0);
    return { pool, belief, isUp, group };
  });
}

/** Many pools share a zone. */
export function regionReader(): (az: string) => string {
  const regions = new Map<string, string>();
  return (az) => {
    const known = regions.get(az);
    if (known !== undefined) return known;
    const region = regionOf(az);
    regions.set(az, region);
    return region;
  };
}
