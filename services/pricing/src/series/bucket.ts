import type { FillMethod, PriceSource, SeriesSource } from '@spotopt/contracts';

/** Width of a bucket of consolidated prices. */
export const BUCKET_MS = 300_000;

/** How the price of a bucket that nobody measured was computed, from what. */
export interface Fill {
  readonly method: FillMethod;
  /** Missing buckets in a row, this one included. */
  readonly gapBuckets: number;
  /** The measured buckets on both sides of the gap. */
  readonly before: { readonly at: Date; readonly usdPerHour: number };
  readonly after: { readonly at: Date; readonly usdPerHour: number };
  /** Pools of the same type in other zones whose median change was followed; empty for other methods. */
  readonly peers: readonly string[];
}

/** The one price of a pool in five minutes. */
export interface SeriesBucket {
  readonly poolId: string;
  /** Start of the bucket: a multiple of five minutes, UTC. */
  readonly bucketAt: Date;
  readonly usdPerHour: number;
  readonly source: SeriesSource;
  /** 1.00 primary, 0.95 replica, 0.90 AWS's history, 0.85, 0.75, 0.70 computed (CT-89). */
  readonly confidence: number;
  /** Null for what was measured. */
  readonly fill: Fill | null;
  /** The best report of the other role in the same bucket; null without one. */
  readonly other: OtherReport | null;
}

export interface OtherReport {
  readonly source: PriceSource;
  readonly usdPerHour: number;
  /** How far it is off, in percent of the price used; 0.5 and more is flagged (CT-90). */
  readonly differencePercent: number;
}

/** Start of the bucket that contains the moment. */
export function bucketOf(atMs: number): number {
  return Math.floor(atMs / BUCKET_MS) * BUCKET_MS;
}

const FLAGGED_PERCENT = 0.5;

/** Whether two reporters differ so much that the quality report says so (CT-90). */
export function isFlagged({ other }: SeriesBucket): boolean {
  return other !== null && other.differencePercent >= FLAGGED_PERCENT;
}
