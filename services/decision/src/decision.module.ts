import { Module, type Provider, type Type } from '@nestjs/common';
import { RetentionJob, type RetentionRule } from '@spotopt/persistence';
import type { ServiceContext, ServiceDefinition } from '@spotopt/platform';
import {
  BACKTEST_ENTITIES,
  BACKTEST_LISTENERS,
  BACKTEST_MIGRATIONS,
  BACKTEST_RETENTION,
  wireBacktests,
} from './backtest/backtest.wiring.js';
import { type DecisionConfig, decisionConfig, decisionKeepMs } from './config.js';
import {
  DECIDE_ENTITIES,
  DECIDE_LISTENERS,
  DECIDE_MIGRATIONS,
  decideRetention,
  wireDecide,
} from './decide/decide.wiring.js';
import { SqlDecisionStore } from './decide/decision.store.js';
import { HazardEngine } from './engine/hazard/hazard.js';
import { SeedRuleEngine } from './engine/seed-rule.js';
import { LearnedLossRates } from './learning/learned-loss-rates.js';
import { SqlLearningStore } from './learning/learning.store.js';
import { LEARNING_ENTITIES, LEARNING_MIGRATIONS, wireLearning } from './learning/learning.wiring.js';
import { FollowMarket } from './market/follow-market.js';
import { MachinePlacementRow, PoolMarkRow, SqlMarkStore } from './market/mark.store.js';
import { MarketConsumer } from './market/market.consumer.js';
import { MarketPoolRow, MarketRow, PricePointRow, SqlMarketStore } from './market/market.store.js';
import { RpcPricingReads } from './market/pricing.client.js';
import { RefreshMarket } from './market/refresh-market.js';
import { DecisionTables } from './migrations/1764000000000-decision-tables.js';
import { RetentionIndexes } from './migrations/1764400000000-retention-indexes.js';
import { PRIORS_ENTITIES, PRIORS_LISTENERS, wirePriors } from './priors/priors.wiring.js';
import {
  RISK_ENTITIES,
  RISK_LISTENERS,
  RISK_MIGRATIONS,
  RISK_RETENTION,
  wireRisk,
} from './risk/risk.wiring.js';
import {
  TRAINING_ENTITIES,
  TRAINING_LISTENERS,
  TRAINING_MIGRATIONS,
  TRAINING_RETENTION,
  wireTraining,
} from './training/training.wiring.js';
import { enginesNamed } from './runtime/engines-named.js';
import {
  SHADOW_ENTITIES,
  SHADOW_LISTENERS,
  SHADOW_MIGRATIONS,
  shadowRetention,
  wireShadow,
} from './shadow/shadow.wiring.js';
import { MODEL_ENTITIES, MODEL_LISTENERS, MODEL_MIGRATIONS, wireModels } from './models/models.wiring.js';
import { BuiltinRunner } from './runtime/builtin-runner.js';
import { engineHost } from './runtime/engine-host.js';
import { FollowWorkload } from './workload/follow-workload.js';
import { FollowStandbys, StandbyConsumer } from './workload/standby.consumer.js';
import { SqlStandbyStore, StandbyRow } from './workload/standby.store.js';
import { WorkloadConsumer } from './workload/workload.consumer.js';
import {
  ChangeOfPrimaryRow,
  EarlyNewsRow,
  SqlWorkloadStore,
  WorkloadRow,
} from './workload/workload.store.js';

const DAY_MS = 86_400_000;
/** What the volatility looks back on. */
const HISTORY_DAYS = 30;
/** Training sets look back on interruptions and refusals as long as on prices. */
const MARK_DAYS = 730;
/** A machine says again where it is with every change of its role; nobody asks about one of a year ago. */
const PLACEMENT_DAYS = 365;
/** Standbys that ended are kept this long, for news that come late. */
const STANDBY_DAYS = 7;
/** The limits count the changes of a week. */
const LIMITS_DAYS = 8;
/** Longer than a message may wait to be replayed. */
const EARLY_DAYS = 30;

@Module({})
class DecisionModule {}

function wire(context: ServiceContext<DecisionConfig>): object[] {
  const { config, clock, database, logger, rpc } = context;
  const { uow, inbox } = database;
  const workloads = new SqlWorkloadStore();
  const markets = new SqlMarketStore();
  const marks = new SqlMarkStore();
  const decisions = new SqlDecisionStore();
  const standbys = new SqlStandbyStore();
  const learnings = new SqlLearningStore();
  const builtins = [new HazardEngine(), new SeedRuleEngine()];
  const models = wireModels(context, {
    builtins,
    beside: enginesNamed(
      config.shadowEngines,
      builtins.map((engine) => new BuiltinRunner(engine)),
    ),
    host: engineHost({ logger }),
  });
  const engines = models.roster;
  const pricing = new RpcPricingReads(rpc, clock);
  const refreshMarket = new RefreshMarket({ uow, clock, markets, pricing });
  const learning = wireLearning(context, { markets, marks, learnings }, refreshMarket);
  const shadow = wireShadow(context, { decisions, workloads, markets, marks, engines });
  const decide = wireDecide(context, {
    ...{ workloads, standbys, markets, marks, learnings, decisions, engines },
    ...{ learnMarket: learning.learnMarket, refreshMarket },
    onDecided: shadow.onDecided,
  });
  const risk = wireRisk(context, new LearnedLossRates(markets, learnings));
  const onPricesRead = (): void => {
    learning.nudge();
    decide.nudge();
  };
  return [
    new RetentionJob({ ...context, ...{ uow, clock, leases: database.leases }, rules: retentionOf(config) }),
    new FollowWorkload({ uow, inbox, workloads, onDue: decide.nudge }),
    new FollowMarket({ uow, inbox, markets, marks, onPricesRead, onPoolChanged: risk.onPoolChanged }),
    new FollowStandbys({ uow, inbox, standbys }),
    ...decide.instances,
    ...learning.instances,
    ...risk.instances,
    ...wireTraining(context),
    ...wirePriors(context),
    ...shadow.instances,
    ...wireBacktests(context, {
      ...{ marks, roster: engines },
      openApart: (ref) => models.liveEngines.openApart(ref),
    }),
    ...models.instances,
  ];
}

function retentionOf(config: DecisionConfig): RetentionRule[] {
  return [
    { table: 'price_point', keys: ['pool_id', 'at'], timeColumn: 'at', keepMs: HISTORY_DAYS * DAY_MS },
    {
      table: 'workload_early_news',
      keys: ['agent_id', 'message_id'],
      timeColumn: 'kept_at',
      keepMs: EARLY_DAYS * DAY_MS,
    },
    { table: 'standby', keys: ['replica_id'], timeColumn: 'ended_at', keepMs: STANDBY_DAYS * DAY_MS },
    {
      table: 'change_of_primary',
      keys: ['switch_id'],
      timeColumn: 'started_at',
      keepMs: Math.max(decisionKeepMs(config), LIMITS_DAYS * DAY_MS),
    },
    {
      table: 'machine_placement',
      keys: ['ec2_instance_id'],
      timeColumn: 'seen_at',
      keepMs: PLACEMENT_DAYS * DAY_MS,
    },
    { table: 'pool_mark', keys: ['id'], timeColumn: 'at', keepMs: MARK_DAYS * DAY_MS },
    ...decideRetention(config),
    ...shadowRetention(config),
    ...RISK_RETENTION,
    ...TRAINING_RETENTION,
    ...BACKTEST_RETENTION,
  ];
}

/** Binds an instance under its own class, so that controllers get it by their constructor's types. */
function provided(instance: object): Provider {
  return { provide: instance.constructor as Type, useFactory: () => instance };
}

const LISTENERS: Type[] = [
  WorkloadConsumer,
  StandbyConsumer,
  MarketConsumer,
  ...DECIDE_LISTENERS,
  ...RISK_LISTENERS,
  ...TRAINING_LISTENERS,
  ...PRIORS_LISTENERS,
  ...SHADOW_LISTENERS,
  ...BACKTEST_LISTENERS,
  ...MODEL_LISTENERS,
];

export const decisionService: ServiceDefinition<DecisionConfig> = {
  name: 'decision',
  config: decisionConfig,
  entities: [
    WorkloadRow,
    ChangeOfPrimaryRow,
    StandbyRow,
    EarlyNewsRow,
    MarketRow,
    MarketPoolRow,
    PricePointRow,
    PoolMarkRow,
    MachinePlacementRow,
    ...DECIDE_ENTITIES,
    ...LEARNING_ENTITIES,
    ...RISK_ENTITIES,
    ...TRAINING_ENTITIES,
    ...PRIORS_ENTITIES,
    ...SHADOW_ENTITIES,
    ...BACKTEST_ENTITIES,
    ...MODEL_ENTITIES,
  ],
  migrations: [
    DecisionTables,
    RetentionIndexes,
    ...DECIDE_MIGRATIONS,
    ...LEARNING_MIGRATIONS,
    ...MODEL_MIGRATIONS,
    ...RISK_MIGRATIONS,
    ...TRAINING_MIGRATIONS,
    ...SHADOW_MIGRATIONS,
    ...BACKTEST_MIGRATIONS,
  ],
  listeners: LISTENERS,
  createModule: (context) => ({
    module: DecisionModule,
    controllers: LISTENERS,
    providers: wire(context).map(provided),
  }),
};
