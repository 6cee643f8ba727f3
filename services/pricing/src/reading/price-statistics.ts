import type { PriceStatistics, RpcResponse } from '@spotopt/contracts';
import { BUCKET_MS, isFlagged, type SeriesBucket } from '../series/bucket.js';
import { toMillionth } from './price-grid.js';

type Statistics = RpcResponse<typeof PriceStatistics>['pools'][number];

/** A line through the prices must rise or fall by this share of their mean over the window. */
const TREND_SHARE = 0.02;

/**
 * Figures of one pool over a window.
 * @param buckets of the pool within the window, oldest first
 */
export function statisticsOf(
  poolId: string,
  buckets: readonly SeriesBucket[],
  window: { readonly fromMs: number; readonly untilMs: number },
): Statistics {
  const prices = buckets.map(({ usdPerHour }) => usdPerHour);
  const volatility = volatilityOf(prices);
  const filled = buckets.filter(({ fill }) => fill !== null).length;
  const steps = Math.max(0, Math.ceil((window.untilMs - window.fromMs) / BUCKET_MS));
  const known = prices.length > 0;
  return {
    poolId,
    averageUsdPerHour: known ? toMillionth(meanOf(prices)) : null,
    minUsdPerHour: known ? Math.min(...prices) : null,
    maxUsdPerHour: known ? Math.max(...prices) : null,
    volatility,
    volatilityCategory: categoryOf(volatility),
    trend: trendOf(buckets),
    measuredBuckets: buckets.length - filled,
    filledBuckets: filled,
    emptyBuckets: Math.max(0, steps - buckets.length),
    flaggedBuckets: buckets.filter(isFlagged).length,
  };
}

function meanOf(prices: readonly number[]): number {
  return prices.reduce((sum, price) => sum + price, 0) / prices.length;
}

function volatilityOf(prices: readonly number[]): number | null {
  if (prices.length < 2) return null;
  const mean = meanOf(prices);
  const variance = meanOf(prices.map((price) => (price - mean) ** 2));
  return toMillionth(Math.sqrt(variance) / mean);
}

/** Bounds of the documents: 0.05, 0.10, 0.20. */
function categoryOf(volatility: number | null): Statistics['volatilityCategory'] {
  if (volatility === null) return 'unknown';
  if (volatility < 0.05) return 'very_low';
  if (volatility < 0.1) return 'low';
  return volatility < 0.2 ? 'medium' : 'high';
}

/** By the least-squares line through the buckets. */
function trendOf(buckets: readonly SeriesBucket[]): Statistics['trend'] {
  const first = buckets[0];
  const last = buckets.at(-1);
  if (first === undefined || last === undefined || first === last) return 'unknown';
  const times = buckets.map(({ bucketAt }) => bucketAt.getTime() - first.bucketAt.getTime());
  const meanTime = meanOf(times);
  const meanPrice = meanOf(buckets.map(({ usdPerHour }) => usdPerHour));
  let covariance = 0;
  let variance = 0;
  buckets.forEach(({ usdPerHour }, index) => {
    const offset = (times[index] ?? 0) - meanTime;
    covariance += offset * (usdPerHour - meanPrice);
    variance += offset ** 2;
  });
  const change = (covariance / variance) * (last.bucketAt.getTime() - first.bucketAt.getTime());
  if (Math.abs(change) < TREND_SHARE * meanPrice) return 'stable';
  return change > 0 ? 'rising' : 'falling';
}
