import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import { RetentionJob } from '@spotopt/persistence';
import { awsAccessOf, type ServiceContext, type ServiceDefinition } from '@spotopt/platform';
import { type PricingConfig, pricingConfig } from './config.js';
import { HistoryJob } from './history/history.job.js';
import type { PriceHistory } from './history/ports.js';
import { ReadHistory } from './history/read-history.js';
import { AwsPriceHistory } from './history/spot-history.client.js';
import { WatchMarket } from './history/watch-market.js';
import { WatchConsumer } from './history/watch.consumer.js';
import { PriceWatchRow, SqlWatchStore } from './history/watch.store.js';
import { MARKET_ENTITIES, MARKET_LISTENERS, wireMarket } from './market/market.wiring.js';
import type { MarketSources } from './market/ports.js';
import { PricingTables } from './migrations/1764000000000-pricing-tables.js';
import { retentionRules } from './retention.js';
import { MarketFacts } from './migrations/1764300000000-market-facts.js';
import { PricingController } from './overview/pricing.controller.js';
import { ReadPrices } from './overview/read-prices.js';
import { CurrentPriceRow, SpotPoolRow, SqlPoolStore } from './pools/pool.store.js';
import { StoredPriceBook } from './pools/price-book.js';
import { RawPriceRow, SqlRawPriceStore } from './pools/raw-price.store.js';
import { FollowReporters } from './reports/follow-reporters.js';
import { AlertsController } from './alerts/alerts.controller.js';
import { FireAlerts } from './alerts/fire-alerts.js';
import { ManageAlerts } from './alerts/manage-alerts.js';
import { PriceAlertRow, SqlPriceAlertStore } from './alerts/price-alert.store.js';
import { ReadJobs } from './reading/read-jobs.js';
import { ReadSeries } from './reading/read-series.js';
import { SeriesController } from './reading/series.controller.js';
import { CanonicalPriceRow } from './canonical/canonical.store.js';
import { PoolLives } from './canonical/ports.js';
import { SeriesTables } from './migrations/1764100000000-series-tables.js';
import { ConsolidationJobRow } from './series/job.store.js';
import { SeriesPriceRow, SqlSeriesStore } from './series/series.store.js';
import { wireSeries } from './series/series.wiring.js';
import { SeriesStaleRow, SqlStaleStore } from './series/stale.store.js';
import { GroupReports } from './reports/group-reports.js';
import { RecordReports } from './reports/record-reports.js';
import { ReportConsumer } from './reports/report.consumer.js';
import { PriceReportRow, ReporterRow, SqlReportStore } from './reports/report.store.js';

const DAY_MS = 86_400_000;

class NoLives extends PoolLives {
  override of() {
    return Promise.resolve({ machines: [], notices: [], interruptedAtMs: [], terminations: [] });
  }
}

@Module({})
class PricingModule {}

function wire(
  context: ServiceContext<PricingConfig>,
  history: PriceHistory,
  sources?: MarketSources,
): object[] {
  const { config, clock, ids, database, failpoints, logger, random } = context;
  const { uow, inbox, outbox, leases } = database;
  const pools = new SqlPoolStore();
  const raw = new SqlRawPriceStore();
  const watches = new SqlWatchStore();
  const reports = new SqlReportStore();
  const common = { uow, inbox, outbox, clock, ids };
  const series = new SqlSeriesStore();
  const stale = new SqlStaleStore();
  const alerts = new SqlPriceAlertStore();
  const watchers = new FireAlerts({ ...common, alerts });
  const book = new StoredPriceBook({ ...common, pools, raw, stale, watchers });
  const consolidation = wireSeries(context, { pools, raw, watches, series, stale, lives: new NoLives() });
  const readHistory = new ReadHistory(
    { ...common, failpoints, history, watches, pools, raw, stale, book },
    { backfillMs: config.backfillDays * DAY_MS, overlapMs: config.priceReadOverlapMinutes * 60_000 },
  );
  const job = new HistoryJob(
    {
      enabled: config.priceHistoryEnabled,
      intervalMs: config.priceReadIntervalSeconds * 1_000,
      clock,
      leases,
      random,
      logger,
    },
    readHistory,
  );
  const market = wireMarket(context, sources);
  const onNewMarket = (): void => {
    job.nudge();
    market.onNewMarket();
  };
  const retention = new RetentionJob({ uow, clock, leases, logger, random, rules: retentionRules(config) });
  return [
    job,
    consolidation.job,
    retention,
    ...market.instances,
    new GroupReports(new RecordReports({ ...common, reports, pools, book, watches })),
    new FollowReporters({ uow, inbox, reports }),
    new WatchMarket({ uow, inbox, clock, watches, onNewMarket }),
    new ReadPrices({ uow, pools, raw }),
    new ReadSeries({ uow, pools, series, canonical: consolidation.canonicalStore }),
    new ReadJobs({ uow, clock, jobs: consolidation.jobs }),
    consolidation.runReconcile,
    new ManageAlerts({ ...common, alerts }),
  ];
}

/** Binds an instance under its own class, so that controllers get it by their constructor's types. */
function provided(instance: object): Provider {
  return { provide: instance.constructor as Type, useFactory: () => instance };
}

const LISTENERS: Type[] = [
  ReportConsumer,
  WatchConsumer,
  PricingController,
  SeriesController,
  AlertsController,
  ...MARKET_LISTENERS,
];

export function createPricingModule(
  context: ServiceContext<PricingConfig>,
  history: PriceHistory = AwsPriceHistory.connect(awsAccessOf(context.config)),
  sources?: MarketSources,
): DynamicModule {
  return {
    module: PricingModule,
    controllers: LISTENERS,
    providers: wire(context, history, sources).map(provided),
  };
}

export const pricingService: ServiceDefinition<PricingConfig> = {
  name: 'pricing',
  config: pricingConfig,
  entities: [
    ...[SpotPoolRow, CurrentPriceRow, RawPriceRow, PriceReportRow, ReporterRow, PriceWatchRow],
    ...[SeriesPriceRow, SeriesStaleRow, ConsolidationJobRow, CanonicalPriceRow, PriceAlertRow],
    ...MARKET_ENTITIES,
  ],
  migrations: [PricingTables, SeriesTables, MarketFacts],
  listeners: LISTENERS,
  createModule: (context) => createPricingModule(context),
};
