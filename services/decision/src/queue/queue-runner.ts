import { type Clock, hasCode, isAppError, type Tx, type UnitOfWork } from '@spotopt/kernel';
import type { QueuedJobStore } from './ports.js';
import { begun, failed, givenBack, type QueuedJob } from './queued-job.js';

export interface QueueRun {
  /** Aborted when this process must stop: what is under way is left to the next one. */
  readonly signal: AbortSignal;
  /** Refuses writes of a process that is no longer the one that works. */
  readonly guard: (tx: Tx) => Promise<void>;
}

export interface QueueRunnerDeps<Job extends QueuedJob> {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly jobs: QueuedJobStore<Job>;
}

/** One attempt at a job, and the job's record as it is stored. */
export class Attempt<Job extends QueuedJob> {
  constructor(
    private readonly deps: QueueRunnerDeps<Job>,
    private readonly run: QueueRun,
    private current: Job,
  ) {}

  get job(): Job {
    return this.current;
  }

  get signal(): AbortSignal {
    return this.run.signal;
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.deps.uow.run(async (tx) => {
      await this.run.guard(tx);
      return work(tx);
    });
  }

  /** @param beside what changes in the same transaction */
  async save(next: Job, beside?: (tx: Tx) => Promise<void>): Promise<void> {
    this.current = await this.write(async (tx) => {
      await beside?.(tx);
      return this.deps.jobs.save(tx, this.current, next);
    });
  }
}

/** Does what was asked for, the oldest first, until nothing is left. A job that was cut off starts anew. */
export abstract class QueueRunner<Job extends QueuedJob> {
  constructor(private readonly queue: QueueRunnerDeps<Job>) {}

  async execute(run: QueueRun): Promise<void> {
    const { uow, jobs } = this.queue;
    while (!run.signal.aborted) {
      const job = await uow.read((tx) => jobs.next(tx));
      if (job === null) return;
      await this.#attempt(new Attempt(this.queue, run, job));
    }
  }

  /** Does the job and saves that it is completed. */
  protected abstract perform(attempt: Attempt<Job>): Promise<void>;

  /** Removes what an attempt that came to nothing has left. */
  protected abstract clear(tx: Tx, job: Job): Promise<void>;

  async #attempt(attempt: Attempt<Job>): Promise<void> {
    const clear = (tx: Tx): Promise<void> => this.clear(tx, attempt.job);
    await attempt.save(begun(attempt.job, this.queue.clock.now()), clear);
    if (attempt.job.state === 'failed') return;
    try {
      await this.perform(attempt);
    } catch (error) {
      if (attempt.signal.aborted) await this.#giveBack(attempt, clear);
      else await this.#giveUp(error, attempt, clear);
    }
  }

  /** Stopped in order, or another process works now: then it has begun the job anew. */
  async #giveBack(attempt: Attempt<Job>, clear: (tx: Tx) => Promise<void>): Promise<void> {
    try {
      await attempt.save(givenBack(attempt.job), clear);
    } catch (error) {
      if (!hasCode(error, 'lease-lost')) throw error;
    }
  }

  /** What may pass by itself is tried again later; anything else is the end of this job, not of the others. */
  async #giveUp(error: unknown, attempt: Attempt<Job>, clear: (tx: Tx) => Promise<void>): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const passes = isAppError(error) && error.kind === 'transient';
    const next = passes
      ? { ...attempt.job, error: message }
      : failed(attempt.job, message, this.queue.clock.now());
    await attempt.save(next, clear);
    if (passes) throw error;
  }
}
