import { logNormal, normal, seededRandom, seedOf } from '../region/seeded-random.js';
import { poolIdOf } from '../region/zones.js';
import { estimateOnDemandPrice, listedOnDemandPrice, type OnDemandPrice } from './on-demand-prices.js';
import { LINUX, PriceBook, type PriceChange, type PriceSeries } from './price-book.js';

export interface GeneratedPricesOptions {
  /** Time of the first price of every pool. */
  readonly startMs: number;
  readonly seed: number;
  /** @default us-east-1 */
  readonly region?: string;
  /** @default the zones a, b and c of the region */
  readonly zones?: readonly string[];
  /** @default DEFAULT_INSTANCE_TYPES */
  readonly instanceTypes?: readonly string[];
}

export const DEFAULT_INSTANCE_TYPES: readonly string[] = [
  't3.medium',
  't3.large',
  'm5.large',
  'm5a.large',
  'c5.large',
  'c5a.large',
  'r5.large',
  'm5.xlarge',
  'c5.xlarge',
  'r5.xlarge',
];

/** AWS smooths spot prices: a pool changes a few times a day, and states unchanged prices about daily. */
const STEP_MEDIAN_MS = 3.5 * 3_600_000;
const STEP_SIGMA = 0.8;
/** Size of one step relative to the price. */
const STEP_SIZE = 0.015;
/** Share of the way back to the long-run level that a step goes. */
const REVERSION = 0.06;
const LOWEST_SHARE = 0.2;
const HIGHEST_SHARE = 0.85;
const PRICE_OF_UNKNOWN_TYPE_USD = 0.1;

interface Walk {
  readonly random: () => number;
  readonly onDemandUsd: number;
  readonly levelShare: number;
}

function nextChange(walk: Walk, last: PriceChange): PriceChange {
  const { random, onDemandUsd, levelShare } = walk;
  const share = last.usdPerHour / onDemandUsd;
  const pulled = share + (levelShare - share) * REVERSION;
  const moved = pulled * Math.exp(STEP_SIZE * normal(random));
  const bounded = Math.min(HIGHEST_SHARE, Math.max(LOWEST_SHARE, moved));
  const waitMs = Math.max(60_000, logNormal(random, STEP_MEDIAN_MS, STEP_SIGMA));
  const text = (bounded * onDemandUsd).toFixed(6);
  return { atMs: last.atMs + Math.round(waitMs / 1000) * 1000, usdPerHour: Number(text), text };
}

function generatedSeries(instanceType: string, zone: string, walk: Walk, startMs: number): PriceSeries {
  const text = (walk.levelShare * walk.onDemandUsd).toFixed(6);
  const changes: PriceChange[] = [{ atMs: startMs, usdPerHour: Number(text), text }];
  const extendTo = (untilMs: number): void => {
    for (let last = changes.at(-1); last !== undefined && last.atMs <= untilMs; last = changes.at(-1)) {
      changes.push(nextChange(walk, last));
    }
  };
  return { poolId: poolIdOf(instanceType, zone), instanceType, zone, product: LINUX, changes, extendTo };
}

/**
 * Prices without end, the same for the same seed: each pool has a long-run level between 28 % and 55 % of
 * on-demand and walks around it in small steps, never above on-demand.
 */
export function generatedPriceBook(options: GeneratedPricesOptions): PriceBook {
  const region = options.region ?? 'us-east-1';
  const zones = options.zones ?? ['a', 'b', 'c'].map((letter) => `${region}${letter}`);
  const instanceTypes = options.instanceTypes ?? DEFAULT_INSTANCE_TYPES;
  const onDemand = new Map<string, OnDemandPrice>();
  for (const type of instanceTypes) {
    const estimate = estimateOnDemandPrice([PRICE_OF_UNKNOWN_TYPE_USD / 3]);
    onDemand.set(type, listedOnDemandPrice(region, type) ?? estimate);
  }
  const series = instanceTypes.flatMap((instanceType) =>
    zones.map((zone) => {
      const random = seededRandom(seedOf(poolIdOf(instanceType, zone), options.seed));
      const onDemandUsd = onDemand.get(instanceType)?.usdPerHour ?? PRICE_OF_UNKNOWN_TYPE_USD;
      const walk = { random, onDemandUsd, levelShare: 0.28 + 0.27 * random() };
      return generatedSeries(instanceType, zone, walk, options.startMs);
    }),
  );
  return new PriceBook({ region, series, onDemand });
}
