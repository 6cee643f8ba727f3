import type { Type } from '@nestjs/common';
import type { EntityClass } from '@spotopt/persistence';
import type { ServiceContext } from '@spotopt/platform';
import type { DecisionConfig } from '../config.js';
import { SqlMarkStore } from '../market/mark.store.js';
import { SqlRiskStore } from '../risk/risk.store.js';
import { RpcCanonicalPrices } from '../training/canonical-prices.client.js';
import { ManagePriors } from './manage-priors.js';
import { PriorsController } from './priors.controller.js';
import { PriorsJob } from './priors.job.js';
import { HazardPriorChoiceRow, HazardPriorFitRow, SqlPriorFitStore } from './priors.store.js';
import { RunFits } from './run-fits.js';

/** Between two looks for something that another process was asked for. */
const LOOK_MS = 15_000;

export const PRIORS_LISTENERS: Type[] = [PriorsController];
export const PRIORS_ENTITIES: EntityClass[] = [HazardPriorFitRow, HazardPriorChoiceRow];

export function wirePriors(context: ServiceContext<DecisionConfig>): object[] {
  const { clock, ids, database, logger, random, rpc } = context;
  const { uow, leases } = database;
  const fits = new SqlPriorFitStore();
  const runFits = new RunFits({
    ...{ uow, clock, jobs: fits },
    marks: new SqlMarkStore(),
    prices: new RpcCanonicalPrices(rpc),
  });
  const intervalMs = clock.noShorterThan(LOOK_MS, LOOK_MS);
  const job = new PriorsJob({ intervalMs, clock, leases, random, logger }, runFits);
  const onAsked = (): void => {
    job.nudge();
  };
  return [job, new ManagePriors({ uow, clock, ids, fits, risks: new SqlRiskStore(), onAsked })];
}
