import type { ConsolidationFinishedV1, EventData } from '@spotopt/contracts';

export interface JobCounts {
  /** Prices that reporters and AWS gave. */
  readonly rowsRead: number;
  /** Reports that another one of the same pool and bucket was preferred to. */
  readonly duplicatesRemoved: number;
  /** Buckets with a computed price. */
  readonly gapsFilled: number;
  /** Buckets whose price is from AWS's history. */
  readonly backfillsAdded: number;
  /** Buckets that were added, changed or taken away. */
  readonly rowsChanged: number;
}

/** Where a job that is cut off goes on: the phase and the last pool that is done. */
export interface JobCursor {
  readonly phase: 'measure' | 'fill';
  readonly poolId: string;
}

export interface ConsolidationJob extends JobCounts {
  readonly id: string;
  readonly type: EventData<typeof ConsolidationFinishedV1>['type'];
  readonly status: 'running' | 'completed' | 'failed';
  readonly startedAt: Date;
  readonly completedAt: Date | null;
  /** Null before the first pool is done. */
  readonly cursor: JobCursor | null;
  readonly poolsDone: number;
  readonly poolsTotal: number;
  readonly error: string | null;
}

export const NOTHING_COUNTED: JobCounts = {
  rowsRead: 0,
  duplicatesRemoved: 0,
  gapsFilled: 0,
  backfillsAdded: 0,
  rowsChanged: 0,
};

export function newJob(
  id: string,
  type: ConsolidationJob['type'],
  start: { readonly at: Date; readonly pools: number },
): ConsolidationJob {
  return {
    ...NOTHING_COUNTED,
    id,
    type,
    status: 'running',
    startedAt: start.at,
    completedAt: null,
    cursor: null,
    poolsDone: 0,
    poolsTotal: start.pools,
    error: null,
  };
}

export function addCounts<Counts extends JobCounts>(total: Counts, more: Partial<JobCounts>): Counts {
  return {
    ...total,
    rowsRead: total.rowsRead + (more.rowsRead ?? 0),
    duplicatesRemoved: total.duplicatesRemoved + (more.duplicatesRemoved ?? 0),
    gapsFilled: total.gapsFilled + (more.gapsFilled ?? 0),
    backfillsAdded: total.backfillsAdded + (more.backfillsAdded ?? 0),
    rowsChanged: total.rowsChanged + (more.rowsChanged ?? 0),
  };
}
