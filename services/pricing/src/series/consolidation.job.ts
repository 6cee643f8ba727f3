import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { ConsolidateStale, ConsolidationRun } from './consolidate-stale.js';
import type { PoolJob } from './pool-job.js';

/** Keeps the series up to date, in one process at a time. */
export class ConsolidationJob extends LeasedJob {
  constructor(
    settings: LeasedJobSettings,
    private readonly parts: {
      readonly consolidate: ConsolidateStale;
      /** The shorter one first. */
      readonly jobs: readonly PoolJob[];
    },
  ) {
    super('pricing.consolidate', settings);
  }

  /** Fresh buckets come first, also while a long job is under way. */
  protected override async run({ lease, signal }: LeasedRun): Promise<void> {
    const run: ConsolidationRun = { signal, guard: (tx) => lease.guard(tx) };
    const fresh = async (): Promise<void> => {
      await this.parts.consolidate.execute(run);
    };
    await fresh();
    const problems: unknown[] = [];
    for (const job of this.parts.jobs) {
      try {
        if (!signal.aborted && (await job.isDue())) await job.execute(run, fresh);
      } catch (error) {
        problems.push(error);
      }
    }
    if (problems.length > 0) throw problems[0];
  }
}
