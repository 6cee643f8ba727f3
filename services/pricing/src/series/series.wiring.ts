import type { Type } from '@nestjs/common';
import type { EntityClass } from '@spotopt/persistence';
import type { ServiceContext } from '@spotopt/platform';
import { CanonicalPriceRow, SqlCanonicalStore } from '../canonical/canonical.store.js';
import { SqlPoolLives } from '../canonical/pool-life.store.js';
import { PublishCanonical } from '../canonical/publish-canonical.js';
import type { PricingConfig } from '../config.js';
import type { WatchStore } from '../history/ports.js';
import type { PoolStore, RawPriceStore } from '../pools/ports.js';
import { SqlOnDemandPriceStore } from '../on-demand/on-demand-price.store.js';
import { SqlOnDemandPrices } from '../on-demand/on-demand-prices.store.js';
import { ReadJobs } from '../reading/read-jobs.js';
import { ReadSeries } from '../reading/read-series.js';
import { SeriesController } from '../reading/series.controller.js';
import { ConsolidateStale } from './consolidate-stale.js';
import { ConsolidationJob } from './consolidation.job.js';
import { ConsolidationJobRow, SqlConsolidationJobStore } from './job.store.js';
import { PoolJob } from './pool-job.js';
import type { SeriesStore, StaleStore } from './ports.js';
import { Reconcile } from './reconcile.js';
import { RunReconcile } from './run-reconcile.js';
import { ScanGaps } from './scan-gaps.js';
import { SeriesPriceRow } from './series.store.js';
import { SeriesStaleRow } from './stale.store.js';

export const SERIES_LISTENERS: Type[] = [SeriesController];

export const SERIES_ENTITIES: EntityClass[] = [
  SeriesPriceRow,
  SeriesStaleRow,
  ConsolidationJobRow,
  CanonicalPriceRow,
];

export interface SeriesParts {
  readonly pools: PoolStore;
  readonly raw: RawPriceStore;
  readonly watches: WatchStore;
  readonly series: SeriesStore;
  readonly stale: StaleStore;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** On a fast clock ten seconds are a moment. */
const REAL_FLOOR_MS = 100;
/** The oldest day may be half deleted already. */
const INCOMPLETE_DAYS = 1;

/** The job that consolidates, and what the listeners need. */
export function wireSeries(context: ServiceContext<PricingConfig>, parts: SeriesParts): object[] {
  const { config, clock, ids, database, failpoints, logger, random } = context;
  const { uow, outbox, leases } = database;
  const jobs = new SqlConsolidationJobStore();
  const canonicalStore = new SqlCanonicalStore();
  const onDemand = new SqlOnDemandPrices(new SqlOnDemandPriceStore());
  const common = { uow, outbox, clock, ids, failpoints, ...parts };
  const canonical = new PublishCanonical({
    ...parts,
    onDemand,
    lives: new SqlPoolLives(),
    store: canonicalStore,
  });
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
  const intervalMs = config.consolidationIntervalSeconds * 1_000;
  const job = new ConsolidationJob(
    { intervalMs: clock.noShorterThan(REAL_FLOOR_MS, intervalMs), clock, leases, random, logger },
    { consolidate: new ConsolidateStale(common), jobs: [gaps, reconcile] },
  );
  return [
    job,
    new RunReconcile(reconcile, () => {
      job.nudge();
    }),
    new ReadSeries({ ...common, canonical: canonicalStore }),
    new ReadJobs({ uow, clock, jobs }),
  ];
}
