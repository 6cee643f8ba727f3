import { FixedPlacementScores, FixedPriceList, FixedSpotAdvisor } from '@spotopt/cloud/testing';
import type { PoolFacts } from '@spotopt/contracts';
import type { AppError, Tx } from '@spotopt/kernel';
import { UlidIds } from '@spotopt/kernel';
import { type DatabaseDialect, ManualClock, testDatabase } from '@spotopt/testkit';
import { FireAlerts } from '../alerts/fire-alerts.js';
import { SqlPriceAlertStore } from '../alerts/price-alert.store.js';
import { SqlStaleStore } from '../series/stale.store.js';
import { SqlAdvisorStore } from '../advisor/advisor.store.js';
import { RefreshAdvisor } from '../advisor/refresh-advisor.js';
import { SqlPoolFactsStore } from '../catalogue/pool-facts.store.js';
import { ReadCatalogue } from '../catalogue/read-catalogue.js';
import { SqlWatchStore } from '../history/watch.store.js';
import { FixedOfferings } from '../offerings/offerings.fake.js';
import { SqlOfferingStore } from '../offerings/offering.store.js';
import { RefreshOfferings } from '../offerings/refresh-offerings.js';
import { SqlOnDemandPriceStore } from '../on-demand/on-demand-price.store.js';
import { RefreshOnDemand } from '../on-demand/refresh-on-demand.js';
import { SqlPlacementStore } from '../placement/placement.store.js';
import { RefreshPlacement } from '../placement/refresh-placement.js';
import { SteadyHours } from '../pool-history/instance-hours.fake.js';
import { SqlPoolHistoryStore } from '../pool-history/pool-history.store.js';
import { RecordPoolHistory } from '../pool-history/record-pool-history.js';
import { SqlPoolStore } from '../pools/pool.store.js';
import { StoredPriceBook } from '../pools/price-book.js';
import { SqlRawPriceStore } from '../pools/raw-price.store.js';
import type { Market, RawPrice } from '../pools/ports.js';
import { pricingService } from '../pricing.module.js';
import { SqlFactReadStore } from './fact-read.store.js';
import { ReadMarketFacts } from './read-market-facts.js';

export const NOW = new Date('2026-11-21T12:00:00.000Z');
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The real stores and use cases, with AWS as the test writes it. Nothing is read until `read()`. */
export class FactsWorld {
  readonly clock = new ManualClock(NOW);
  readonly priceList = new FixedPriceList();
  readonly advisor = new FixedSpotAdvisor();
  readonly offerings: FixedOfferings;
  readonly scores: FixedPlacementScores;
  readonly hours = new SteadyHours({ 'm5.large.us-east-1a': new Date(NOW.getTime() - 10 * HOUR_MS) });
  readonly problems: { readonly code: string; readonly kind: string }[] = [];
  readonly onDemand = new SqlOnDemandPriceStore();
  readonly pools = new SqlPoolStore();
  readonly placement = new SqlPlacementStore();
  readonly watches = new SqlWatchStore();

  private constructor(
    readonly test: Awaited<ReturnType<typeof testDatabase>>,
    options: { readonly newQuestionsPerDay?: number; readonly awsAllows?: number },
    readonly newQuestionsPerDay = options.newQuestionsPerDay ?? 10,
  ) {
    const east = ['us-east-1a', 'us-east-1b'];
    const west = ['us-west-2a'];
    this.offerings = new FixedOfferings({
      'm5.large': [...east, ...west],
      'm5.xlarge': [...east, ...west],
      'm5.2xlarge': [...east, ...west],
      't3.medium': east,
      't3.large': east,
      't3.small': east,
      'c5.large': east,
      'c5.xlarge': east,
      'c5.2xlarge': east,
    });
    this.scores = new FixedPlacementScores({
      clock: this.clock,
      scores: { 'us-east-1a': 3, 'us-east-1b': 9, 'us-west-2a': 6 },
      newConfigurationsPerDay: options.awsAllows ?? 10,
    });
  }

  static async open(
    dialect: DatabaseDialect,
    options: { readonly newQuestionsPerDay?: number; readonly awsAllows?: number } = {},
  ): Promise<FactsWorld> {
    return new FactsWorld(await testDatabase(dialect, { ...pricingService, service: 'pricing' }), options);
  }

  get uow() {
    return this.test.database.uow;
  }

  run<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    return this.uow.run(work);
  }

  async watch(...markets: Market[]): Promise<void> {
    for (const market of markets) await this.run((tx) => this.watches.add(tx, market, this.clock.now()));
  }

  /** A spot price as AWS's history has it. */
  async sighted(poolId: string, usdPerHour: number, observedAt = this.clock.now()): Promise<void> {
    const { uow, clock } = this;
    const stores = { pools: this.pools, raw: new SqlRawPriceStore() };
    const common = { clock, outbox: this.test.database.outbox, ids: new UlidIds() };
    const book = new StoredPriceBook({
      ...stores,
      ...common,
      stale: new SqlStaleStore(),
      watchers: new FireAlerts({ ...common, alerts: new SqlPriceAlertStore() }),
    });
    const row: RawPrice = {
      ...{ poolId, usdPerHour, observedAt },
      ...{ source: 'spot-price-history', reportedBy: '', reportId: null, receivedAt: clock.now() },
    };
    await uow.run(async (tx) => {
      await book.keep(tx, [row]);
      await book.bringIntoForce(tx, [row]);
    });
  }

  /** What the job does when it looks what is due. */
  async read(): Promise<void> {
    const { uow, clock } = this;
    const common = { uow, clock };
    const facts = new ReadMarketFacts({
      ...common,
      random: () => 0.5,
      watches: this.watches,
      reads: new SqlFactReadStore(),
      facts: [
        new RefreshOfferings({
          ...common,
          offerings: this.offerings,
          store: new SqlOfferingStore(),
          pools: this.pools,
          intervalMs: DAY_MS,
        }),
        new RefreshOnDemand({
          ...common,
          priceList: this.priceList,
          prices: this.onDemand,
          intervalMs: DAY_MS,
        }),
        new RefreshAdvisor({
          ...common,
          advisor: this.advisor,
          store: new SqlAdvisorStore(),
          intervalMs: DAY_MS,
        }),
        new RefreshPlacement({
          ...common,
          scores: this.scores,
          offerings: this.offerings,
          store: this.placement,
          intervalMs: HOUR_MS,
          newQuestionsPerDay: this.newQuestionsPerDay,
        }),
      ],
      onProblem: (error: AppError, { kind }) => this.problems.push({ code: error.code, kind }),
    });
    await facts.execute();
  }

  get history(): RecordPoolHistory {
    return new RecordPoolHistory(this.uow, new SqlPoolHistoryStore());
  }

  /** Facts of the pools by id. */
  async facts(
    filter: { region?: string; instanceType?: string; poolIds?: string[] } = {},
  ): Promise<Record<string, PoolFacts>> {
    const { uow, clock, hours } = this;
    const { region = null, instanceType = null, poolIds = null } = filter;
    const catalogue = new ReadCatalogue({ uow, clock, hours, facts: new SqlPoolFactsStore() });
    const { pools } = await catalogue.execute({ region, instanceType, poolIds });
    return Object.fromEntries(pools.map((pool) => [pool.poolId, pool]));
  }
}
