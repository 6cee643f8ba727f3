import type { Type } from '@nestjs/common';
import type { EntityClass, MigrationClass, RetentionRule } from '@spotopt/persistence';
import type { ServiceContext } from '@spotopt/platform';
import { type DecisionConfig, decisionKeepMs } from '../config.js';
import type { LearningStore } from '../learning/ports.js';
import type { MarketStore, MarkStore } from '../market/ports.js';
import { EnginesAndStandbys } from '../migrations/1764450000000-engines-and-standbys.js';
import type { StandbyStore, WorkloadStore } from '../workload/ports.js';
import { Advise } from './advise.js';
import { DecideDue } from './decide-due.js';
import { DecideWorkload } from './decide-workload.js';
import { DecideJob } from './decide.job.js';
import { DecisionController } from './decision.controller.js';
import { DecisionRow } from './decision.store.js';
import { FindDecision } from './find-decision.js';
import { ListDecisions } from './list-decisions.js';
import { Observe } from './observe.js';
import type { Decision, DecisionStore, EngineRoster, MarketLearner, MarketRefresh } from './ports.js';
import { ReplayDecision } from './replay-decision.js';
import { SurveyWorkload } from './survey-workload.js';

const MINUTE_MS = 60_000;
/** A market is fetched anew this often, in case an event was lost. */
const REFRESH_MS = 6 * 3_600_000;

export const DECIDE_LISTENERS: Type[] = [DecisionController];
export const DECIDE_ENTITIES: EntityClass[] = [DecisionRow];
export const DECIDE_MIGRATIONS: MigrationClass[] = [EnginesAndStandbys];

export function decideRetention(config: DecisionConfig): RetentionRule[] {
  const keepMs = decisionKeepMs(config);
  return [{ table: 'decision', keys: ['decision_id'], timeColumn: 'decided_at', keepMs }];
}

export interface DecideParts {
  readonly workloads: WorkloadStore;
  readonly standbys: StandbyStore;
  readonly markets: MarketStore;
  readonly marks: MarkStore;
  readonly learnings: LearningStore;
  readonly decisions: DecisionStore;
  readonly engines: EngineRoster;
  readonly learnMarket: MarketLearner;
  readonly refreshMarket: MarketRefresh;
  readonly onDecided: (decision: Decision) => void;
}

/** Decisions, on schedule and on request, and what is asked about them. */
export function wireDecide(
  context: ServiceContext<DecisionConfig>,
  parts: DecideParts,
): { readonly instances: readonly object[]; readonly nudge: () => void } {
  const { config, clock, ids, database, logger, random } = context;
  const { uow, outbox, leases } = database;
  const { workloads, standbys, markets, marks, learnings, decisions, engines } = parts;
  const cycleMs = config.decisionCycleMinutes * MINUTE_MS;
  const { engineTimeoutMs } = config;
  const observe = new Observe(
    { markets, marks, learnings },
    { cycleMs, maxPriceAgeMs: config.maxPriceAgeMinutes * MINUTE_MS },
  );
  const decideWorkload = new DecideWorkload(
    {
      ...{ uow, outbox, clock, ids, workloads, decisions, engines },
      survey: new SurveyWorkload({ uow, clock, workloads, standbys, observe }),
      onDecided: parts.onDecided,
    },
    { cycleMs, proposalMs: config.proposalExpiryMinutes * MINUTE_MS, engineTimeoutMs },
  );
  const decideDue = new DecideDue(
    {
      ...{ uow, clock, workloads, markets, decideWorkload, learnMarket: parts.learnMarket },
      refreshMarket: parts.refreshMarket,
      onError: (error, what) => {
        logger.warn({ err: error }, what);
      },
    },
    { refreshMs: REFRESH_MS, patienceMs: cycleMs },
  );
  const job = new DecideJob({ intervalMs: MINUTE_MS, clock, leases, random, logger }, decideDue);
  return {
    instances: [
      job,
      new ListDecisions(uow, decisions),
      new FindDecision(uow, decisions, workloads),
      new ReplayDecision({ uow, decisions, engines, engineTimeoutMs }),
      new Advise(decideWorkload),
    ],
    nudge: () => {
      job.nudge();
    },
  };
}
