import type { Tx } from '@spotopt/kernel';
import { type PoolStore, spotPoolOf } from '../pools/ports.js';
import { BUCKET_MS, type SeriesBucket } from './bucket.js';
import { differenceBetween } from './difference.js';
import { fillGaps, gapsOf, MAX_FILLED_BUCKETS, type MeasuredPrices, methodFor } from './fill.js';
import type { SeriesStore, Span } from './ports.js';

export interface FillSeriesDeps {
  readonly series: SeriesStore;
  readonly pools: PoolStore;
}

/** Farthest from a bucket that the edge of a filled gap around it may be. */
const REACH_MS = (MAX_FILLED_BUCKETS + 1) * BUCKET_MS;

/** Makes the computed buckets around a span what its measured ones say. */
export class FillSeries {
  constructor(private readonly deps: FillSeriesDeps) {}

  /** What is measured within the span may touch gaps of up to four hours on both sides; those are filled too. */
  async execute(tx: Tx, poolId: string, span: Span): Promise<{ gapsFilled: number; rowsChanged: number }> {
    const { series } = this.deps;
    const around = widened(span, REACH_MS);
    const known = await series.range(tx, poolId, ...bounds(widened(around, REACH_MS)));
    const measured = pricesOf(known);
    const peers = await this.#peers(tx, poolId, measured);
    const wanted = fillGaps({ poolId, measured, peers }).filter((bucket) => isWithin(bucket, around));
    const stored = known.filter((bucket) => bucket.fill !== null && isWithin(bucket, around));
    const changes = differenceBetween(stored, wanted, {
      keyOf: ({ bucketAt }) => bucketAt.getTime(),
      isSame: (a, b) => textOf(a) === textOf(b),
    });
    await series.remove(tx, changes.removed);
    await series.add(tx, changes.added);
    return {
      gapsFilled: wanted.filter((bucket) => isWithin(bucket, span)).length,
      rowsChanged: changes.removed.length + changes.added.length,
    };
  }

  /** Only long gaps need them. */
  async #peers(tx: Tx, poolId: string, measured: MeasuredPrices): Promise<Map<string, MeasuredPrices>> {
    const long = gapsOf(measured).filter((gap) => methodFor(gap) === 'cross-pool');
    const [first] = long;
    const last = long.at(-1);
    if (first === undefined || last === undefined) return new Map();
    const own = spotPoolOf(poolId, null);
    const poolIds = (await this.deps.pools.listPoolIds(tx, own)).filter((peer) => peer !== poolId);
    const span = { from: new Date(first.beforeMs), until: new Date(last.afterMs) };
    const rows = await this.deps.series.rangeOf(tx, poolIds, span);
    return new Map(
      [...Map.groupBy(rows, (row) => row.poolId)].map(([peer, ofPeer]) => [peer, pricesOf(ofPeer)]),
    );
  }
}

function widened({ from, until }: Span, byMs: number): Span {
  return { from: new Date(from.getTime() - byMs), until: new Date(until.getTime() + byMs) };
}

function bounds({ from, until }: Span): [Date, Date] {
  return [from, until];
}

function isWithin({ bucketAt }: SeriesBucket, { from, until }: Span): boolean {
  return bucketAt >= from && bucketAt < until;
}

function pricesOf(buckets: readonly SeriesBucket[]): Map<number, number> {
  const measured = buckets.filter(({ fill }) => fill === null);
  return new Map(measured.map(({ bucketAt, usdPerHour }) => [bucketAt.getTime(), usdPerHour]));
}

function textOf({ usdPerHour, confidence, fill }: SeriesBucket): string {
  return JSON.stringify([usdPerHour, confidence, fill]);
}
