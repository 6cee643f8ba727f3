import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import { RetentionJob } from '@spotopt/persistence';
import { awsAccessOf, type ServiceContext, type ServiceDefinition } from '@spotopt/platform';
import { AlertsController } from './alerts/alerts.controller.js';
import { FireAlerts } from './alerts/fire-alerts.js';
import { ManageAlerts } from './alerts/manage-alerts.js';
import { PriceAlertRow, SqlPriceAlertStore } from './alerts/price-alert.store.js';
import { type PricingConfig, pricingConfig } from './config.js';
import { HistoryJob } from './history/history.job.js';
import type { PriceHistory } from './history/ports.js';
import { ReadHistory } from './history/read-history.js';
import { AwsPriceHistory } from './history/spot-history.client.js';
import { WatchMarket } from './history/watch-market.js';
import { WatchConsumer } from './history/watch.consumer.js';
import { PriceWatchRow, SqlWatchStore } from './history/watch.store.js';
import { LEDGER_ENTITIES, LEDGER_LISTENERS, wireLedger } from './ledger/ledger.wiring.js';
import { MARKET_ENTITIES, MARKET_LISTENERS, wireMarket } from './market/market.wiring.js';
import type { MarketSources } from './market/ports.js';
import { PricingTables } from './migrations/1764000000000-pricing-tables.js';
import { SeriesTables } from './migrations/1764100000000-series-tables.js';
import { LedgerTables } from './migrations/1764200000000-ledger-tables.js';
import { MarketFacts } from './migrations/1764300000000-market-facts.js';
import { PricingController } from './overview/pricing.controller.js';
import { ReadPrices } from './overview/read-prices.js';
import { CurrentPriceRow, SpotPoolRow, SqlPoolStore } from './pools/pool.store.js';
import { StoredPriceBook } from './pools/price-book.js';
import { RawPriceRow, SqlRawPriceStore } from './pools/raw-price.store.js';
import { FollowReporters } from './reports/follow-reporters.js';
import { GroupReports } from './reports/group-reports.js';
import { RecordReports } from './reports/record-reports.js';
import { ReportConsumer } from './reports/report.consumer.js';
import { PriceReportRow, ReporterRow, SqlReportStore } from './reports/report.store.js';
import { retentionRules } from './retention.js';
import type { SeriesReader } from './series/ports.js';
import { SqlSeriesStore } from './series/series.store.js';
import { SERIES_ENTITIES, SERIES_LISTENERS, wireSeries } from './series/series.wiring.js';
import { SqlStaleStore } from './series/stale.store.js';

const DAY_MS = 86_400_000;

@Module({})
class PricingModule {}

/** Parts that a test may exchange. */
export interface PricingParts {
  readonly history?: PriceHistory;
  readonly sources?: MarketSources;
  /** What the ledger reads prices from. */
  readonly series?: SeriesReader;
}

type Context = ServiceContext<PricingConfig>;

function wire(context: Context, parts: PricingParts): object[] {
  const { config, clock, ids, database, failpoints, logger, random } = context;
  const { uow, inbox, outbox, leases } = database;
  const history = parts.history ?? AwsPriceHistory.connect(awsAccessOf(config));
  const common = { uow, inbox, outbox, clock, ids, failpoints };
  const stores = {
    pools: new SqlPoolStore(),
    raw: new SqlRawPriceStore(),
    watches: new SqlWatchStore(),
    series: new SqlSeriesStore(),
    stale: new SqlStaleStore(),
    alerts: new SqlPriceAlertStore(),
    reports: new SqlReportStore(),
  };
  const watchers = new FireAlerts({ ...common, ...stores });
  const book = new StoredPriceBook({ ...common, ...stores, watchers });
  const readHistory = new ReadHistory(
    { ...common, ...stores, history, book },
    { backfillMs: config.backfillDays * DAY_MS, overlapMs: config.priceReadOverlapMinutes * 60_000 },
  );
  const historyJob = new HistoryJob(
    {
      enabled: config.priceHistoryEnabled,
      intervalMs: config.priceReadIntervalSeconds * 1_000,
      ...{ clock, leases, random, logger },
    },
    readHistory,
  );
  const market = wireMarket(context, parts.sources);
  const onNewMarket = (): void => {
    historyJob.nudge();
    market.onNewMarket();
  };
  return [
    historyJob,
    new RetentionJob({ uow, clock, leases, logger, random, rules: retentionRules(config) }),
    new GroupReports(new RecordReports({ ...common, ...stores, book })),
    new FollowReporters({ ...common, ...stores }),
    new WatchMarket({ ...common, ...stores, onNewMarket }),
    new ReadPrices({ ...common, ...stores }),
    new ManageAlerts({ ...common, ...stores, watchers }),
    ...wireSeries(context, stores),
    ...market.instances,
    ...wireLedger(context, parts.series ?? stores.series),
  ];
}

/** Binds an instance under its own class, so that controllers get it by their constructor's types. */
function provided(instance: object): Provider {
  return { provide: instance.constructor as Type, useFactory: () => instance };
}

const LISTENERS: Type[] = [
  ...[ReportConsumer, WatchConsumer, PricingController, AlertsController],
  ...SERIES_LISTENERS,
  ...MARKET_LISTENERS,
  ...LEDGER_LISTENERS,
];

export function createPricingModule(context: Context, parts: PricingParts = {}): DynamicModule {
  return {
    module: PricingModule,
    controllers: LISTENERS,
    providers: wire(context, parts).map(provided),
  };
}

export const pricingService: ServiceDefinition<PricingConfig> = {
  name: 'pricing',
  config: pricingConfig,
  entities: [
    ...[SpotPoolRow, CurrentPriceRow, RawPriceRow, PriceReportRow, ReporterRow, PriceWatchRow, PriceAlertRow],
    ...SERIES_ENTITIES,
    ...MARKET_ENTITIES,
    ...LEDGER_ENTITIES,
  ],
  migrations: [PricingTables, SeriesTables, LedgerTables, MarketFacts],
  listeners: LISTENERS,
  createModule: (context) => createPricingModule(context),
};
