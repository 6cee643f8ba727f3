import { AppError } from '@spotopt/kernel';
import { BUCKET_MS, type SeriesBucket } from '../series/ports.js';

/** Where a page of an export ended. */
export interface Place {
  readonly poolId: string;
  readonly at: Date;
}

/**
 * The buckets whose price, or whether it was measured, differs from the one before, and the first one after every stretch without a price.
 * @param before the bucket before the first one; null when there is none
 */
export function changesIn(buckets: readonly SeriesBucket[], before: SeriesBucket | null): SeriesBucket[] {
  let last = before;
  return buckets.filter((bucket) => {
    const follows = last !== null && bucket.bucketAt.getTime() - last.bucketAt.getTime() === BUCKET_MS;
    // A price that was measured after it was computed is news, even when it is the same.
    const isOther = last?.usdPerHour !== bucket.usdPerHour || (last.fill === null) !== (bucket.fill === null);
    const isChange = !follows || isOther;
    last = bucket;
    return isChange;
  });
}

export function cursorOf({ poolId, at }: Place): string {
  return `${poolId}|${at.toISOString()}`;
}

/** @throws AppError `invalid-cursor` (permanent) for what no page gave */
export function placeOf(cursor: string | null): Place | null {
  if (cursor === null) return null;
  const [poolId = '', time = ''] = cursor.split('|');
  const at = new Date(time);
  if (poolId === '' || Number.isNaN(at.getTime())) {
    throw AppError.permanent('invalid-cursor', 'the cursor is not one that a page of this export gave');
  }
  return { poolId, at };
}
