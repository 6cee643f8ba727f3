import type { TrainingFormat, TrainingSetView } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { completed, type QueuedJob } from '../queue/queued-job.js';

/** A pool of a set, and since when it is known what happened there. */
export interface SetPool {
  readonly poolId: string;
  readonly watchedSince: string;
}

/** The record of a set. Everything that decides what is in the file is fixed when it is asked for. */
export interface TrainingSet extends QueuedJob {
  readonly setId: string;
  readonly name: string;
  readonly version: number;
  readonly format: TrainingFormat;
  readonly from: Date;
  readonly until: Date;
  readonly region: string | null;
  readonly instanceTypes: readonly string[] | null;
  readonly pools: readonly SetPool[];
  readonly columnsVersion: number;
  readonly asOf: Date;
  readonly rows: number;
  readonly rowsLeftOut: number;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly fileUntil: Date | null;
  readonly reproduced: boolean | null;
}

/** What the making of the file came to. */
export interface Made {
  readonly rows: number;
  readonly rowsLeftOut: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Of one set; more than two years of thirty pools. */
export const MAX_ROWS = 6_000_000;

/** @throws AppError `training-set-not-made` (permanent) unless the first making is over */
export function remade(set: TrainingSet): TrainingSet {
  if (set.state === 'completed' || set.state === 'failed') {
    return { ...set, state: 'queued', progress: 0, attempts: 0, error: null, fileUntil: null };
  }
  throw AppError.permanent('training-set-not-made', `the set is ${set.state}; it is made already`);
}

/**
 * The record after its file was made. A file that was made again must be the one that the record describes: when
 * what is stored changed since, the record stays as it is and has no file.
 */
export function finished(
  set: TrainingSet,
  made: Made,
  { now, fileUntil }: Record<'now' | 'fileUntil', Date>,
): TrainingSet {
  const done = completed(set, now);
  if (set.sha256 === null) return { ...done, ...made, fileUntil };
  if (set.sha256 === made.sha256) return { ...done, fileUntil, reproduced: true };
  const error = 'what is stored changed since the set was made; ask for a new set';
  return { ...done, fileUntil: null, reproduced: false, error };
}

export function viewOf(set: TrainingSet, now: Date): TrainingSetView {
  const { setId, name, version, state, format, region, instanceTypes, columnsVersion } = set;
  const { progress, rows, rowsLeftOut, bytes, sha256, fileUntil, reproduced, error } = set;
  return {
    ...{ setId, name, version, state, format, region, columnsVersion },
    ...{ progress, rows, rowsLeftOut, bytes, sha256, reproduced, error },
    instanceTypes: instanceTypes === null ? null : [...instanceTypes],
    from: set.from.toISOString(),
    until: set.until.toISOString(),
    asOf: set.asOf.toISOString(),
    createdAt: set.createdAt.toISOString(),
    finishedAt: set.finishedAt?.toISOString() ?? null,
    pools: set.pools.length,
    fileUntil: fileUntil !== null && fileUntil > now ? fileUntil.toISOString() : null,
  };
}
