import type { SeriesSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import { BUCKET_MS, bucketOf, type SeriesBucket, SeriesReader } from '../series/ports.js';

/** A price that held in [from, until). */
export interface Stretch {
  readonly poolId: string;
  readonly from: Date;
  readonly until: Date;
  readonly usdPerHour: number;
  readonly source?: SeriesSource;
}

/** Buckets made of a list of stretches; a later stretch replaces an earlier one where they meet. */
export class StretchSeries extends SeriesReader {
  readonly stretches: Stretch[];

  constructor(stretches: readonly Stretch[]) {
    super();
    this.stretches = [...stretches];
  }

  override range(_tx: Tx, poolId: string, from: Date, until: Date): Promise<SeriesBucket[]> {
    const buckets: SeriesBucket[] = [];
    for (let atMs = ceilBucket(from.getTime()); atMs < until.getTime(); atMs += BUCKET_MS) {
      const bucket = this.#at(poolId, atMs);
      if (bucket !== null) buckets.push(bucket);
    }
    return Promise.resolve(buckets);
  }

  override lastBefore(_tx: Tx, poolId: string, at: Date): Promise<SeriesBucket | null> {
    const ends = this.stretches
      .filter((stretch) => stretch.poolId === poolId && stretch.from < at)
      .map((stretch) => Math.min(stretch.until.getTime(), at.getTime()));
    if (ends.length === 0) return Promise.resolve(null);
    return Promise.resolve(this.#at(poolId, bucketOf(Math.max(...ends) - 1)));
  }

  #at(poolId: string, atMs: number): SeriesBucket | null {
    const bucketAt = new Date(atMs);
    const found = this.stretches.findLast(
      (stretch) => stretch.poolId === poolId && stretch.from <= bucketAt && bucketAt < stretch.until,
    );
    if (found === undefined) return null;
    const { usdPerHour, source = 'spot-price-history' } = found;
    return { poolId, bucketAt, usdPerHour, source, confidence: 0.9, fill: null, other: null };
  }
}

function ceilBucket(atMs: number): number {
  return Math.ceil(atMs / BUCKET_MS) * BUCKET_MS;
}
