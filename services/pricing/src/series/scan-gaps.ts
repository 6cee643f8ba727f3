import type { Clock, Tx, UnitOfWork } from '@spotopt/kernel';
import { BUCKET_MS, bucketOf } from './bucket.js';
import type { ConsolidationRun } from './consolidate-stale.js';
import type { JobCounts, JobCursor } from './consolidation-job.js';
import { FillSeries, type FillSeriesDeps } from './fill-series.js';
import type { PoolWork } from './pool-job.js';
import type { Span } from './ports.js';

const DAY_MS = 86_400_000;

/** Looks for gaps of the last day that can be filled by now. */
export class ScanGaps implements PoolWork {
  readonly type = 'gaps' as const;
  readonly phases = ['fill'] as const;
  readonly #fill: FillSeries;

  constructor(
    private readonly deps: FillSeriesDeps & { readonly uow: UnitOfWork; readonly clock: Clock },
    readonly intervalMs: number,
  ) {
    this.#fill = new FillSeries(deps);
  }

  /** Pools that have prices, but not in every bucket. */
  async pools(tx: Tx): Promise<readonly string[]> {
    const counts = await this.deps.series.countMeasured(tx, this.#lastDay());
    return [...counts].filter(([, count]) => count < DAY_MS / BUCKET_MS).map(([poolId]) => poolId);
  }

  async work(poolId: string, _phase: JobCursor['phase'], run: ConsolidationRun): Promise<Partial<JobCounts>> {
    return this.deps.uow.run(async (tx) => {
      await run.guard?.(tx);
      return this.#fill.execute(tx, poolId, this.#lastDay());
    });
  }

  #lastDay(): Span {
    const untilMs = bucketOf(this.deps.clock.nowMs());
    return { from: new Date(untilMs - DAY_MS), until: new Date(untilMs) };
  }
}
