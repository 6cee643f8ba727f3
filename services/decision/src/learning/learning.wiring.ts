import type { EntityClass, MigrationClass } from '@spotopt/persistence';
import type { ServiceContext } from '@spotopt/platform';
import type { DecisionConfig } from '../config.js';
import { HazardEngine } from '../engine/hazard/hazard.js';
import { learner } from '../engine/hazard/learn.js';
import type { MarketStore, MarkStore } from '../market/ports.js';
import type { RefreshMarket } from '../market/refresh-market.js';
import { MarketLearningTable } from '../migrations/1764460000000-market-learning.js';
import { SqlPriorStore } from '../priors/priors.store.js';
import { LearnMarkets } from './learn-markets.js';
import { LearnJob } from './learn.job.js';
import { MarketLearningRow } from './learning.store.js';
import { SAMPLE_MS } from './market-samples.js';
import type { LearningStore } from './ports.js';

/** On a fast clock five minutes are short, and the samples in between are caught up with. */
const LEARN_FLOOR_MS = 2_000;

export const LEARNING_ENTITIES: EntityClass[] = [MarketLearningRow];
export const LEARNING_MIGRATIONS: MigrationClass[] = [MarketLearningTable];

/** What engines know of pools beyond the present, learned from what this service recorded. */
export function wireLearning(
  { clock, database, logger, random }: ServiceContext<DecisionConfig>,
  stores: { readonly markets: MarketStore; readonly marks: MarkStore; readonly learnings: LearningStore },
  refreshMarket: RefreshMarket,
): { readonly instances: readonly object[]; readonly nudge: () => void; readonly learnMarket: LearnMarkets } {
  const { uow, leases } = database;
  const { name, version } = new HazardEngine();
  const learnMarkets = new LearnMarkets({
    ...{ uow, clock, ...stores, learner, priors: new SqlPriorStore() },
    learnerName: `${name} ${version}`,
  });
  const intervalMs = clock.noShorterThan(LEARN_FLOOR_MS, SAMPLE_MS);
  const job = new LearnJob({ intervalMs, clock, leases, random, logger }, refreshMarket, learnMarkets);
  return {
    instances: [job],
    learnMarket: learnMarkets,
    nudge: () => {
      job.nudge();
    },
  };
}
