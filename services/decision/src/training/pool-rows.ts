import { type CanonicalRow, parsePoolId, regionOf } from '@spotopt/contracts';
import { priceFeaturesOf, type PricePoint } from '../engine/ports.js';
import type { PoolMark } from '../market/ports.js';
import type { TrainingRow } from './training-row.js';

export interface PoolStory {
  readonly poolId: string;
  /** In any order. */
  readonly marks: readonly PoolMark[];
  /** What happened before was not seen by anybody. */
  readonly watchedSinceMs: number;
  /** What happened from then on is not known. */
  readonly asOfMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
export const BUCKET_MS = 5 * MINUTE_MS;

/**
 * Makes the rows of one pool from its buckets, oldest first. A feature looks at what was known at the end of the
 * bucket only, a label at what came after: the same moment is in one of them, never in both.
 */
export class PoolRows {
  /** Changes of measured prices of the last day, and the price that held before. */
  readonly #prices: PricePoint[] = [];
  readonly #interruptions: readonly number[];
  readonly #refusals: readonly number[];
  readonly #place: Pick<TrainingRow, 'poolId' | 'instanceType' | 'region' | 'az'>;

  constructor(private readonly story: PoolStory) {
    const timesOf = (kind: PoolMark['kind']): number[] =>
      story.marks
        .filter((mark) => mark.kind === kind && mark.at.getTime() < story.asOfMs)
        .map((mark) => mark.at.getTime())
        .sort((a, b) => a - b);
    this.#interruptions = timesOf('interruption');
    this.#refusals = timesOf('launch-failed');
    const { instanceType, az } = parsePoolId(story.poolId);
    this.#place = { poolId: story.poolId, instanceType, region: regionOf(az), az };
  }

  /** Null for a price that was computed afterwards from its neighbours: it was not known at the time. */
  add(bucket: CanonicalRow): TrainingRow | null {
    if (bucket.source === 'interpolated') return null;
    const bucketAt = new Date(bucket.at);
    this.#addPrice({ atMs: bucketAt.getTime(), usdPerHour: bucket.usdPerHour });
    const { volatility24h, rising } = priceFeaturesOf(this.#prices, bucketAt.getTime());
    const knownMs = bucketAt.getTime() + BUCKET_MS;
    return {
      ...this.#place,
      bucketAt,
      usdPerHour: bucket.usdPerHour,
      onDemandUsdPerHour: bucket.onDemandUsdPerHour,
      source: bucket.source,
      confidence: bucket.confidence,
      ...{ volatility24h, rising },
      runningInstances: bucket.runningInstances,
      noticeStatus: bucket.noticeStatus,
      interruptions1h: this.#past(this.#interruptions, knownMs, HOUR_MS),
      interruptions24h: this.#past(this.#interruptions, knownMs, DAY_MS),
      interruptions30d: this.#past(this.#interruptions, knownMs, 30 * DAY_MS),
      refusals24h: this.#past(this.#refusals, knownMs, DAY_MS),
      hoursSinceMark: this.#hoursSinceMark(knownMs),
      interruptedWithin15m: this.#label(knownMs, 15 * MINUTE_MS),
      interruptedWithin1h: this.#label(knownMs, HOUR_MS),
      interruptedWithin6h: this.#label(knownMs, 6 * HOUR_MS),
    };
  }

  #addPrice(point: PricePoint): void {
    if (this.#prices.at(-1)?.usdPerHour !== point.usdPerHour) this.#prices.push(point);
    const dayAgo = point.atMs - DAY_MS;
    while ((this.#prices[1]?.atMs ?? Number.POSITIVE_INFINITY) <= dayAgo) this.#prices.shift();
  }

  #past(times: readonly number[], knownMs: number, spanMs: number): number | null {
    if (knownMs - spanMs < this.story.watchedSinceMs) return null;
    return countBefore(times, knownMs) - countBefore(times, knownMs - spanMs);
  }

  #hoursSinceMark(knownMs: number): number | null {
    const lastOf = (times: readonly number[]): number =>
      times[countBefore(times, knownMs) - 1] ?? Number.NEGATIVE_INFINITY;
    const lastMs = Math.max(lastOf(this.#interruptions), lastOf(this.#refusals));
    return Number.isFinite(lastMs) ? (knownMs - lastMs) / HOUR_MS : null;
  }

  /** Null at the edge also where an interruption came early: else the edge would show interruptions only. */
  #label(knownMs: number, horizonMs: number): boolean | null {
    const { watchedSinceMs, asOfMs } = this.story;
    if (knownMs < watchedSinceMs || knownMs + horizonMs > asOfMs) return null;
    const times = this.#interruptions;
    return countBefore(times, knownMs + horizonMs) > countBefore(times, knownMs);
  }
}

/** How many of the sorted times are before the moment. */
function countBefore(times: readonly number[], ms: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
