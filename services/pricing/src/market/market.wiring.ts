import type { Type } from '@nestjs/common';
import type { EntityClass } from '@spotopt/persistence';
import type { ServiceContext } from '@spotopt/platform';
import { AdvisorBucketRow, SqlAdvisorStore } from '../advisor/advisor.store.js';
import { RefreshAdvisor } from '../advisor/refresh-advisor.js';
import { CatalogueController } from '../catalogue/catalogue.controller.js';
import { SqlPoolFactsStore } from '../catalogue/pool-facts.store.js';
import { ReadCatalogue } from '../catalogue/read-catalogue.js';
import type { PricingConfig } from '../config.js';
import { SqlWatchStore } from '../history/watch.store.js';
import { PoolOfferingRow, SqlOfferingStore } from '../offerings/offering.store.js';
import { RefreshOfferings } from '../offerings/refresh-offerings.js';
import { OnDemandPriceRow, SqlOnDemandPriceStore } from '../on-demand/on-demand-price.store.js';
import { RefreshOnDemand } from '../on-demand/refresh-on-demand.js';
import { PlacementAnswerRow, PlacementQuestionRow, SqlPlacementStore } from '../placement/placement.store.js';
import { RefreshPlacement } from '../placement/refresh-placement.js';
import { PoolHistoryConsumer } from '../pool-history/pool-history.consumer.js';
import {
  MachinePlaceRow,
  PoolBootRow,
  MachineEndRow,
  MachineNoticeRow,
  SqlPoolHistoryStore,
} from '../pool-history/pool-history.store.js';
import { SqlInstanceHours } from '../pool-history/instance-hours.store.js';
import { RecordPoolHistory } from '../pool-history/record-pool-history.js';
import { SqlPoolStore } from '../pools/pool.store.js';
import { MarketFactReadRow, SqlFactReadStore } from './fact-read.store.js';
import { MarketFactsJob } from './market-facts.job.js';
import { awsMarketSources } from './market-sources.client.js';
import type { MarketFact, MarketSources } from './ports.js';
import { ReadMarketFacts } from './read-market-facts.js';

const HOUR_MS = 3_600_000;
/** How often it is looked what is due; also the shortest time to the second attempt. */
const CHECK_INTERVAL_MS = 5 * 60_000;

export const MARKET_LISTENERS: Type[] = [PoolHistoryConsumer, CatalogueController];

export const MARKET_ENTITIES: EntityClass[] = [
  MarketFactReadRow,
  OnDemandPriceRow,
  AdvisorBucketRow,
  PoolOfferingRow,
  PlacementQuestionRow,
  PlacementAnswerRow,
  MachinePlaceRow,
  MachineEndRow,
  MachineNoticeRow,
  PoolBootRow,
];

export interface MarketParts {
  readonly instances: readonly object[];
  /** A market came into play: read about it at once. */
  readonly onNewMarket: () => void;
}

type Context = ServiceContext<PricingConfig>;

/** Everything that is known of pools besides their spot prices. */
export function wireMarket(
  context: Context,
  sources: MarketSources = awsMarketSources(context.config),
): MarketParts {
  const { clock, database, random, logger } = context;
  const { uow, leases } = database;
  const history = new SqlPoolHistoryStore();
  const readFacts = new ReadMarketFacts({
    ...{ uow, clock, random },
    watches: new SqlWatchStore(),
    reads: new SqlFactReadStore(),
    facts: factsOf(context, sources),
    onProblem: (error, { kind }, [market]) => {
      const region = market?.region;
      logger.warn({ err: error, fact: kind, region }, 'a fact of markets was not read and is tried again');
    },
  });
  const job = new MarketFactsJob({ clock, leases, random, logger, intervalMs: CHECK_INTERVAL_MS }, readFacts);
  const readCatalogue = new ReadCatalogue({
    ...{ uow, clock },
    hours: new SqlInstanceHours(),
    facts: new SqlPoolFactsStore(),
  });
  return {
    instances: [job, new RecordPoolHistory(uow, history), readCatalogue],
    onNewMarket: () => {
      job.nudge();
    },
  };
}

/** Offerings first: a pool that they find takes the prices that are read after them. */
function factsOf({ config, clock, database }: Context, sources: MarketSources): MarketFact[] {
  const { uow } = database;
  const { priceList, advisor, scores, offerings } = sources;
  const facts: MarketFact[] = [];
  if (offerings !== null) {
    const store = new SqlOfferingStore();
    const intervalMs = config.offeringsRefreshHours * HOUR_MS;
    facts.push(new RefreshOfferings({ uow, clock, offerings, store, pools: new SqlPoolStore(), intervalMs }));
  }
  if (priceList !== null) {
    const prices = new SqlOnDemandPriceStore();
    const intervalMs = config.onDemandRefreshHours * HOUR_MS;
    facts.push(new RefreshOnDemand({ uow, clock, priceList, prices, intervalMs }));
  }
  if (advisor !== null) {
    const store = new SqlAdvisorStore();
    const intervalMs = config.spotAdvisorRefreshHours * HOUR_MS;
    facts.push(new RefreshAdvisor({ uow, clock, advisor, store, intervalMs }));
  }
  if (scores !== null) {
    const store = new SqlPlacementStore();
    const intervalMs = config.placementScoreRefreshMinutes * 60_000;
    const newQuestionsPerDay = config.placementScoreNewConfigurations;
    facts.push(
      new RefreshPlacement({ uow, clock, scores, offerings, store, intervalMs, newQuestionsPerDay }),
    );
  }
  return facts;
}
