import type { Clock, Failpoints, Tx, UnitOfWork } from '@spotopt/kernel';
import type { PoolStore, RawPriceStore } from '../pools/ports.js';
import { bucketOf } from './bucket.js';
import type { ConsolidationRun } from './consolidate-stale.js';
import { addCounts, type JobCounts, type JobCursor, NOTHING_COUNTED } from './consolidation-job.js';
import { FillSeries, type FillSeriesDeps } from './fill-series.js';
import { MeasureSeries, type MeasureSeriesDeps } from './measure-series.js';
import type { PoolWork } from './pool-job.js';
import type { CanonicalPublisher, Span } from './ports.js';

export interface ReconcileDeps extends MeasureSeriesDeps, FillSeriesDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly failpoints: Failpoints;
  readonly pools: PoolStore;
  readonly raw: RawPriceStore;
  readonly canonical: CanonicalPublisher;
}

const DAY_MS = 86_400_000;
const CHUNK_MS = 7 * DAY_MS;

/**
 * Computes the series of every pool once more from the stored prices, then what is filled in and the training set.
 * In two phases, because a filled price may follow other pools.
 */
export class Reconcile implements PoolWork {
  readonly type = 'reconcile' as const;
  readonly phases = ['measure', 'fill'] as const;
  readonly #measure: MeasureSeries;
  readonly #fill: FillSeries;

  constructor(
    private readonly deps: ReconcileDeps,
    private readonly settings: {
      readonly intervalMs: number;
      /** How far back stored prices are complete. */
      readonly depthMs: number;
    },
  ) {
    this.#measure = new MeasureSeries(deps);
    this.#fill = new FillSeries(deps);
  }

  get intervalMs(): number {
    return this.settings.intervalMs;
  }

  pools(tx: Tx): Promise<readonly string[]> {
    return this.deps.pools.listAllPoolIds(tx);
  }

  async work(poolId: string, phase: JobCursor['phase'], run: ConsolidationRun): Promise<Partial<JobCounts>> {
    let counts = NOTHING_COUNTED;
    const first = await this.deps.uow.read((tx) => this.deps.raw.firstAt(tx, poolId));
    if (first === null) return counts;
    const untilMs = bucketOf(this.deps.clock.nowMs());
    let fromMs = bucketOf(Math.max(first.getTime(), untilMs - this.settings.depthMs));
    while (fromMs < untilMs && run.signal?.aborted !== true) {
      const endMs = Math.min(untilMs, Math.floor(fromMs / CHUNK_MS) * CHUNK_MS + CHUNK_MS);
      const span = { from: new Date(fromMs), until: new Date(endMs) };
      const more = await this.deps.uow.run(async (tx) => {
        await run.guard?.(tx);
        return phase === 'measure' ? this.#measured(tx, poolId, span) : this.#filled(tx, poolId, span);
      });
      this.deps.failpoints.hit('pricing.reconcile.chunk-done');
      counts = addCounts(counts, more);
      fromMs = endMs;
    }
    return counts;
  }

  async #measured(tx: Tx, poolId: string, span: Span): Promise<Partial<JobCounts>> {
    const {
      buckets: _buckets,
      changed: _changed,
      ...counts
    } = await this.#measure.execute(tx, [poolId], span);
    return counts;
  }

  async #filled(tx: Tx, poolId: string, span: Span): Promise<Partial<JobCounts>> {
    const counts = await this.#fill.execute(tx, poolId, span);
    await this.deps.canonical.publish(tx, poolId, span);
    return counts;
  }
}
