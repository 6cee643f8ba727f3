import type { Tx } from '@spotopt/kernel';
import type { QueuedJob } from './queued-job.js';

export abstract class QueuedJobStore<Job extends QueuedJob> {
  abstract find(tx: Tx, id: string): Promise<Job | null>;
  /** Newest first. */
  abstract list(tx: Tx, limit: number): Promise<Job[]>;
  /** The oldest that is to be done, or whose doing was cut off. */
  abstract next(tx: Tx): Promise<Job | null>;
  /** Answers the job as it is stored now. @throws AppError `version-conflict` (transient) when somebody else wrote */
  abstract save(tx: Tx, before: Job, next: Job): Promise<Job>;
}
