import { ConsolidationFinishedV1, createEvent } from '@spotopt/contracts';
import {
  type Clock,
  type Failpoints,
  type Ids,
  isAppError,
  type Outbox,
  type Tx,
  type UnitOfWork,
} from '@spotopt/kernel';
import type { ConsolidationRun } from './consolidate-stale.js';
import {
  addCounts,
  type ConsolidationJob,
  type JobCounts,
  type JobCursor,
  newJob,
} from './consolidation-job.js';
import type { ConsolidationJobStore } from './ports.js';

export interface PoolJobDeps {
  readonly uow: UnitOfWork;
  readonly jobs: ConsolidationJobStore;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly failpoints: Failpoints;
}

export interface PoolWork {
  readonly type: ConsolidationJob['type'];
  /** Every pool passes the first phase before any passes the next. */
  readonly phases: readonly JobCursor['phase'][];
  readonly intervalMs: number;
  pools(tx: Tx): Promise<readonly string[]>;
  /** Runs in transactions of its own; may be run again for a pool. */
  work(poolId: string, phase: JobCursor['phase'], run: ConsolidationRun): Promise<Partial<JobCounts>>;
}

/**
 * A job over all pools that is cut off anywhere and goes on there: what is done is kept with the pool that was done
 * last, in its record, which also says how far it is.
 */
export class PoolJob {
  constructor(
    private readonly deps: PoolJobDeps,
    private readonly spec: PoolWork,
  ) {}

  /** Makes a record unless one is running; the next run does it. */
  request(): Promise<string> {
    const { uow, jobs, clock, ids } = this.deps;
    return uow.run(async (tx) => {
      const running = await jobs.running(tx, this.spec.type);
      if (running !== null) return running.id;
      const pools = await this.spec.pools(tx);
      const job = newJob(ids.next(), this.spec.type, {
        at: clock.now(),
        pools: pools.length * this.spec.phases.length,
      });
      if (await jobs.add(tx, job)) return job.id;
      // Somebody else asked at the same moment.
      return (await jobs.running(tx, this.spec.type))?.id ?? job.id;
    });
  }

  /** Whether one is under way or the time for the next one has come. */
  isDue(): Promise<boolean> {
    const { uow, jobs, clock } = this.deps;
    return uow.read(async (tx) => {
      if ((await jobs.running(tx, this.spec.type)) !== null) return true;
      const last = await jobs.lastStarted(tx, this.spec.type);
      return last === null || clock.nowMs() - last.getTime() >= this.spec.intervalMs;
    });
  }

  /**
   * @param between is called after each pool, so that what is urgent need not wait for the end
   * @throws a transient failure, which leaves the job to be continued. A pool that fails for another reason is left out,
   *   and the job ends as failed
   */
  async execute(run: ConsolidationRun, between: () => Promise<void> = async () => {}): Promise<void> {
    await this.#goOn(await this.request(), run, between);
  }

  async #goOn(id: string, run: ConsolidationRun, between: () => Promise<void>): Promise<void> {
    const { cursor, pools } = await this.deps.uow.read(async (tx) => ({
      cursor: (await this.deps.jobs.get(tx, id)).cursor,
      pools: [...(await this.spec.pools(tx))].sort(),
    }));
    const problems: string[] = [];
    for (const phase of this.spec.phases) {
      for (const poolId of pools) {
        if (cursor !== null && this.#isPast(cursor, { phase, poolId })) continue;
        if (isStopped(run)) return;
        const counts = await this.#workOn({ poolId, phase }, run, problems);
        if (isStopped(run)) return;
        await this.#note(id, run, { counts, cursor: { phase, poolId } });
        this.deps.failpoints.hit('pricing.job.pool-done');
        await between();
      }
    }
    await this.#end(id, run, problems.length === 0 ? null : problems.join('\n'));
  }

  async #workOn(
    { poolId, phase }: JobCursor,
    run: ConsolidationRun,
    problems: string[],
  ): Promise<Partial<JobCounts>> {
    try {
      return await this.spec.work(poolId, phase, run);
    } catch (error) {
      if (isAppError(error) && error.kind === 'transient') throw error;
      problems.push(`${poolId}: ${error instanceof Error ? error.message : String(error)}`);
      return {};
    }
  }

  /** What the run before had done. */
  #isPast(cursor: JobCursor, place: JobCursor): boolean {
    const { phases } = this.spec;
    const byPhase = phases.indexOf(place.phase) - phases.indexOf(cursor.phase);
    return byPhase < 0 || (byPhase === 0 && place.poolId <= cursor.poolId);
  }

  async #note(
    id: string,
    { guard }: ConsolidationRun,
    done: { readonly counts: Partial<JobCounts>; readonly cursor: JobCursor },
  ): Promise<void> {
    await this.deps.uow.run(async (tx) => {
      await guard?.(tx);
      const job = await this.deps.jobs.get(tx, id);
      const counted = addCounts(job, done.counts);
      const poolsDone = Math.min(job.poolsDone + 1, job.poolsTotal);
      await this.deps.jobs.save(tx, { ...counted, cursor: done.cursor, poolsDone });
    });
  }

  async #end(id: string, { guard }: ConsolidationRun, error: string | null): Promise<void> {
    await this.deps.uow.run(async (tx) => {
      await guard?.(tx);
      const job = await this.deps.jobs.get(tx, id);
      const status = error === null ? 'completed' : 'failed';
      const completedAt = this.deps.clock.now();
      await this.deps.jobs.save(tx, { ...job, status, completedAt, error });
      const { type, rowsRead, duplicatesRemoved, gapsFilled, backfillsAdded, rowsChanged } = job;
      const durationMs = Math.max(0, completedAt.getTime() - job.startedAt.getTime());
      await this.deps.outbox.add(
        tx,
        createEvent(ConsolidationFinishedV1, {
          id: this.deps.ids.next(),
          time: completedAt,
          subject: id,
          severity: error === null ? 'info' : 'error',
          data: {
            ...{ jobId: id, type, status, error, durationMs },
            ...{ rowsRead, duplicatesRemoved, gapsFilled, backfillsAdded, rowsChanged },
          },
        }),
      );
    });
  }
}

function isStopped({ signal }: ConsolidationRun): boolean {
  return signal?.aborted === true;
}
