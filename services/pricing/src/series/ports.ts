import type { Tx } from '@spotopt/kernel';
import type { SeriesBucket } from './bucket.js';
import type { ConsolidationJob } from './consolidation-job.js';

export { BUCKET_MS, bucketOf } from './bucket.js';
export type { Fill, SeriesBucket } from './bucket.js';

/** Buckets that start in [from, until). */
export interface Span {
  readonly from: Date;
  readonly until: Date;
}

/** Consolidated prices: at most one per pool and bucket. A bucket without a price has none. */
export abstract class SeriesReader {
  /** Buckets that start in [from, until), oldest first. */
  abstract range(tx: Tx, poolId: string, from: Date, until: Date): Promise<SeriesBucket[]>;

  /** The newest bucket that starts before the moment; null when there is none. */
  abstract lastBefore(tx: Tx, poolId: string, at: Date): Promise<SeriesBucket | null>;
}

export abstract class SeriesStore extends SeriesReader {
  /** Buckets of several pools that start in the span, ordered by pool and time. */
  abstract rangeOf(tx: Tx, poolIds: readonly string[], span: Span): Promise<SeriesBucket[]>;

  /** Which of the pools have any bucket in the span. */
  abstract poolsWithin(tx: Tx, poolIds: readonly string[], span: Span): Promise<Set<string>>;

  /** Pools with a measured bucket in the span, and how many they have. */
  abstract countMeasured(tx: Tx, span: Span): Promise<Map<string, number>>;

  abstract remove(tx: Tx, buckets: readonly Pick<SeriesBucket, 'poolId' | 'bucketAt'>[]): Promise<void>;

  /** The buckets must not exist. */
  abstract add(tx: Tx, buckets: readonly SeriesBucket[]): Promise<void>;
}

/** A stretch of a pool's series about which something new is known. */
export interface StaleRange extends Span {
  readonly poolId: string;
}

/**
 * What has to be consolidated (again). A mark is set in the transaction that stores what is new, and removed in the
 * one that consolidates it, so that nothing new is ever forgotten.
 */
export abstract class StaleStore {
  abstract mark(tx: Tx, ranges: readonly StaleRange[]): Promise<void>;

  /** Marks that begin before the moment, oldest first, held against writers until the transaction ends. */
  abstract take(
    tx: Tx,
    before: Date,
    page: { readonly skip: number; readonly limit: number },
  ): Promise<StaleRange[]>;

  abstract clear(tx: Tx, ranges: readonly StaleRange[]): Promise<void>;
}

export abstract class ConsolidationJobStore {
  /** False when a job of the type is running already. */
  abstract add(tx: Tx, job: ConsolidationJob): Promise<boolean>;

  /** @throws AppError `no-such-job` (bug) */
  abstract get(tx: Tx, id: string): Promise<ConsolidationJob>;

  /** The newest job of the type that is running; null when none is. */
  abstract running(tx: Tx, type: ConsolidationJob['type']): Promise<ConsolidationJob | null>;

  /** When the newest one of the type began; null before the first. */
  abstract lastStarted(tx: Tx, type: ConsolidationJob['type']): Promise<Date | null>;

  abstract save(tx: Tx, job: ConsolidationJob): Promise<void>;

  /** Newest first. */
  abstract list(tx: Tx, since: Date, limit: number): Promise<ConsolidationJob[]>;
}

/** The last tier: what engines and training read. */
export abstract class CanonicalPublisher {
  /** Makes the rows of the span what the series and the events of the pool say. */
  abstract publish(tx: Tx, poolId: string, span: Span): Promise<void>;
}
