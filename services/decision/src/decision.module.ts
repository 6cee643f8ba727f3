import { Module, type Provider, type Type } from '@nestjs/common';
import { RetentionJob } from '@spotopt/persistence';
import type { ServiceContext, ServiceDefinition } from '@spotopt/platform';
import { type DecisionConfig, decisionConfig } from './config.js';
import { DecideDue } from './decide/decide-due.js';
import { DecideWorkload } from './decide/decide-workload.js';
import { DecideJob } from './decide/decide.job.js';
import { DecisionController } from './decide/decision.controller.js';
import { DecisionRow, SqlDecisionStore } from './decide/decision.store.js';
import { ListDecisions } from './decide/list-decisions.js';
import { Observe } from './decide/observe.js';
import { SeedRuleEngine } from './engine/seed-rule.js';
import { FollowMarket } from './market/follow-market.js';
import { MachinePlacementRow, PoolMarkRow, SqlMarkStore } from './market/mark.store.js';
import { MarketConsumer } from './market/market.consumer.js';
import { MarketPoolRow, MarketRow, PricePointRow, SqlMarketStore } from './market/market.store.js';
import { RpcPricingReads } from './market/pricing.client.js';
import { RefreshMarket } from './market/refresh-market.js';
import { DecisionTables } from './migrations/1764000000000-decision-tables.js';
import { RetentionIndexes } from './migrations/1764400000000-retention-indexes.js';
import { FollowWorkload } from './workload/follow-workload.js';
import { WorkloadConsumer } from './workload/workload.consumer.js';
import { ChangeOfPrimaryRow, SqlWorkloadStore, WorkloadRow } from './workload/workload.store.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** What the volatility looks back on. */
const HISTORY_DAYS = 30;
/** Interruptions and refusals count as risk for this long. */
const MARK_DAYS = 90;
/** A market is fetched anew this often, in case an event was lost. */
const REFRESH_MS = 6 * 3_600_000;

@Module({})
class DecisionModule {}

function wire(context: ServiceContext<DecisionConfig>): object[] {
  const { config, clock, ids, database, logger, random, rpc } = context;
  const { uow, inbox, outbox, leases } = database;
  const workloads = new SqlWorkloadStore();
  const markets = new SqlMarketStore();
  const marks = new SqlMarkStore();
  const decisions = new SqlDecisionStore();
  const cycleMs = config.decisionCycleMinutes * MINUTE_MS;
  const decideWorkload = new DecideWorkload(
    {
      uow,
      outbox,
      clock,
      ids,
      workloads,
      decisions,
      observe: new Observe(markets, marks),
      engine: new SeedRuleEngine({ maxPriceAgeMs: config.maxPriceAgeMinutes * MINUTE_MS }),
    },
    { cycleMs, proposalMs: config.proposalExpiryMinutes * MINUTE_MS },
  );
  const pricing = new RpcPricingReads(rpc, clock);
  const decideDue = new DecideDue(
    {
      uow,
      clock,
      workloads,
      markets,
      decideWorkload,
      refreshMarket: new RefreshMarket({ uow, clock, markets, pricing }),
      onError: (error, what) => {
        logger.warn({ err: error }, what);
      },
    },
    { refreshMs: REFRESH_MS, patienceMs: cycleMs },
  );
  const job = new DecideJob({ intervalMs: MINUTE_MS, clock, leases, random, logger }, decideDue);
  const nudge = (): void => {
    job.nudge();
  };
  const retention = new RetentionJob({
    ...{ uow, clock, leases, random, logger },
    rules: [
      { table: 'price_point', keys: ['pool_id', 'at'], timeColumn: 'at', keepMs: HISTORY_DAYS * DAY_MS },
      { table: 'pool_mark', keys: ['id'], timeColumn: 'at', keepMs: MARK_DAYS * DAY_MS },
      {
        table: 'decision',
        keys: ['decision_id'],
        timeColumn: 'decided_at',
        keepMs: config.decisionRetentionDays * DAY_MS,
      },
    ],
  });
  return [
    job,
    retention,
    new FollowWorkload({ uow, inbox, workloads, onDue: nudge }),
    new FollowMarket({ uow, inbox, markets, marks, onPricesRead: nudge }),
    new ListDecisions(uow, decisions),
  ];
}

/** Binds an instance under its own class, so that controllers get it by their constructor's types. */
function provided(instance: object): Provider {
  return { provide: instance.constructor as Type, useFactory: () => instance };
}

const LISTENERS: Type[] = [WorkloadConsumer, MarketConsumer, DecisionController];

export const decisionService: ServiceDefinition<DecisionConfig> = {
  name: 'decision',
  config: decisionConfig,
  entities: [
    WorkloadRow,
    ChangeOfPrimaryRow,
    DecisionRow,
    MarketRow,
    MarketPoolRow,
    PricePointRow,
    PoolMarkRow,
    MachinePlacementRow,
  ],
  migrations: [DecisionTables, RetentionIndexes],
  listeners: LISTENERS,
  createModule: (context) => ({
    module: DecisionModule,
    controllers: LISTENERS,
    providers: wire(context).map(provided),
  }),
};
