import type { PricePoint } from '@spotopt/contracts';
import type { SeriesBucket } from '../series/ports.js';

export interface Grid {
  /** Start of the first step. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** A multiple of a bucket. */
  readonly stepMs: number;
}

/**
 * One point for every step. Buckets are equally long, so that the mean over the priced ones is the mean over time:
 * hours × price = cost for the time that has a price.
 * @param buckets of one pool, oldest first
 */
export function pointsOf(buckets: readonly SeriesBucket[], grid: Grid): PricePoint[] {
  const points: PricePoint[] = [];
  let next = 0;
  for (let atMs = grid.fromMs; atMs < grid.untilMs; atMs += grid.stepMs) {
    const inStep: SeriesBucket[] = [];
    for (let bucket = buckets[next]; bucket !== undefined; bucket = buckets[next]) {
      if (bucket.bucketAt.getTime() >= atMs + grid.stepMs) break;
      if (bucket.bucketAt.getTime() >= atMs) inStep.push(bucket);
      next += 1;
    }
    points.push(pointOf(atMs, inStep));
  }
  return points;
}

function pointOf(atMs: number, buckets: readonly SeriesBucket[]): PricePoint {
  const at = new Date(atMs).toISOString();
  const last = buckets.at(-1);
  if (last === undefined) {
    const none = { usdPerHour: null, minUsdPerHour: null, maxUsdPerHour: null };
    return { at, ...none, state: 'empty', source: null, method: null, confidence: null };
  }
  const prices = buckets.map(({ usdPerHour }) => usdPerHour);
  const filled = buckets.find(({ fill }) => fill !== null);
  return {
    at,
    usdPerHour: toMillionth(prices.reduce((sum, price) => sum + price, 0) / prices.length),
    minUsdPerHour: Math.min(...prices),
    maxUsdPerHour: Math.max(...prices),
    state: filled === undefined ? 'measured' : 'filled',
    source: (filled ?? last).source,
    method: filled?.fill?.method ?? null,
    confidence: Math.min(...buckets.map(({ confidence }) => confidence)),
  };
}

/** The window, widened to whole steps. */
export function gridOver(from: Date, to: Date, stepMs: number): Grid {
  return {
    fromMs: Math.floor(from.getTime() / stepMs) * stepMs,
    untilMs: Math.ceil(to.getTime() / stepMs) * stepMs,
    stepMs,
  };
}

export function stepsIn({ fromMs, untilMs, stepMs }: Grid): number {
  return Math.max(0, (untilMs - fromMs) / stepMs);
}

/** To the digits that the store keeps. */
export function toMillionth(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
