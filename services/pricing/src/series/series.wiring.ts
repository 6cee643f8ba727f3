import type { ServiceContext } from '@spotopt/platform';
import { SqlCanonicalStore } from '../canonical/canonical.store.js';
import type { PoolLives } from '../canonical/ports.js';
import { PublishCanonical } from '../canonical/publish-canonical.js';
import type { PricingConfig } from '../config.js';
import type { WatchStore } from '../history/ports.js';
import type { PoolStore, RawPriceStore } from '../pools/ports.js';
import { ConsolidateStale } from './consolidate-stale.js';
import { ConsolidationJob } from './consolidation.job.js';
import { SqlConsolidationJobStore } from './job.store.js';
import { PoolJob } from './pool-job.js';
import type { SeriesStore, StaleStore } from './ports.js';
import { Reconcile } from './reconcile.js';
import { RunReconcile } from './run-reconcile.js';
import { ScanGaps } from './scan-gaps.js';

export interface SeriesParts {
  readonly pools: PoolStore;
  readonly raw: RawPriceStore;
  readonly watches: WatchStore;
  readonly series: SeriesStore;
  readonly stale: StaleStore;
  readonly lives: PoolLives;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** The oldest day may be half deleted already. */
const INCOMPLETE_DAYS = 1;

export function wireSeries(context: ServiceContext<PricingConfig>, parts: SeriesParts) {
  const { config, clock, ids, database, failpoints, logger, random } = context;
  const { uow, outbox, leases } = database;
  const jobs = new SqlConsolidationJobStore();
  const canonicalStore = new SqlCanonicalStore();
  const common = { uow, outbox, clock, ids, failpoints, ...parts };
  const canonical = new PublishCanonical({ ...parts, store: canonicalStore });
  const gaps = new PoolJob(
    { ...common, jobs },
    new ScanGaps(common, config.gapScanIntervalMinutes * MINUTE_MS),
  );
  const reconcile = new PoolJob(
    { ...common, jobs },
    new Reconcile(
      { ...common, canonical },
      {
        intervalMs: config.reconcileIntervalHours * HOUR_MS,
        depthMs: (config.priceRetentionDays - INCOMPLETE_DAYS) * DAY_MS,
      },
    ),
  );
  const job = new ConsolidationJob(
    { intervalMs: config.consolidationIntervalSeconds * 1_000, clock, leases, random, logger },
    { consolidate: new ConsolidateStale(common), jobs: [gaps, reconcile] },
  );
  const runReconcile = new RunReconcile(reconcile, () => {
    job.nudge();
  });
  return { job, jobs, runReconcile, canonicalStore };
}
