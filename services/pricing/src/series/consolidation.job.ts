import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { LeasedTask, type LeasedRun, type LeasedTaskSettings } from '@spotopt/persistence';
import type { ConsolidateStale, ConsolidationRun } from './consolidate-stale.js';
import type { PoolJob } from './pool-job.js';

/** Keeps the series up to date, in one process at a time. */
export class ConsolidationJob implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #task: LeasedTask;

  constructor(
    settings: Omit<LeasedTaskSettings, 'name'>,
    private readonly parts: {
      readonly consolidate: ConsolidateStale;
      /** The shorter one first. */
      readonly jobs: readonly PoolJob[];
    },
  ) {
    this.#task = new LeasedTask({ ...settings, name: 'pricing.consolidate' }, (run) => this.#run(run));
  }

  onApplicationBootstrap(): void {
    this.#task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#task.stop();
  }

  /** There is something to do. */
  nudge(): void {
    this.#task.nudge();
  }

  /** Fresh buckets come first, also while a long job is under way. */
  async #run({ lease, signal }: LeasedRun): Promise<void> {
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
