import type { Tx } from '@spotopt/kernel';
import type { SeriesBucket } from './bucket.js';

export { BUCKET_MS, bucketOf } from './bucket.js';
export type { Fill, SeriesBucket } from './bucket.js';

/** Consolidated prices: at most one per pool and bucket. A bucket without a price has none. */
export abstract class SeriesStore {
  /** Buckets that start in [from, until), oldest first. */
  abstract range(tx: Tx, poolId: string, from: Date, until: Date): Promise<SeriesBucket[]>;

  /** The newest bucket that starts before the moment; null when there is none. */
  abstract lastBefore(tx: Tx, poolId: string, at: Date): Promise<SeriesBucket | null>;
}
