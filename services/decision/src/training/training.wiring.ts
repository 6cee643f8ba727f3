import type { Type } from '@nestjs/common';
import type { EntityClass, MigrationClass, RetentionRule } from '@spotopt/persistence';
import type { ServiceContext } from '@spotopt/platform';
import type { DecisionConfig } from '../config.js';
import { SqlMarkStore } from '../market/mark.store.js';
import { TrainingTables } from '../migrations/1764800000000-training-tables.js';
import { SqlRiskStore } from '../risk/risk.store.js';
import { RpcCanonicalPrices } from './canonical-prices.client.js';
import { MakeFile } from './make-file.js';
import { FILE_MS, MakeTrainingSets } from './make-training-sets.js';
import { ManageTrainingSets } from './manage-training-sets.js';
import { TrainingController } from './training.controller.js';
import { TrainingJob } from './training.job.js';
import { SqlTrainingSetStore, TrainingSetPieceRow, TrainingSetRow } from './training.store.js';

/** Between two looks for something that another process was asked for. */
const LOOK_MS = 15_000;
/** The first piece of a file is as much older than its last as the making took. */
const MAKING_MS = 86_400_000;

export const TRAINING_LISTENERS: Type[] = [TrainingController];
export const TRAINING_ENTITIES: EntityClass[] = [TrainingSetRow, TrainingSetPieceRow];
export const TRAINING_MIGRATIONS: MigrationClass[] = [TrainingTables];
export const TRAINING_RETENTION: RetentionRule[] = [
  {
    table: 'training_set_piece',
    keys: ['set_id', 'number'],
    timeColumn: 'made_at',
    keepMs: FILE_MS + MAKING_MS,
  },
];

export function wireTraining(context: ServiceContext<DecisionConfig>): object[] {
  const { clock, ids, database, logger, random, rpc } = context;
  const { uow, leases } = database;
  const sets = new SqlTrainingSetStore();
  const makeFile = new MakeFile({ uow, marks: new SqlMarkStore(), prices: new RpcCanonicalPrices(rpc) });
  const job = new TrainingJob(
    { intervalMs: clock.noShorterThan(LOOK_MS, LOOK_MS), clock, leases, random, logger },
    new MakeTrainingSets({ uow, clock, jobs: sets, makeFile }),
  );
  const onAsked = (): void => {
    job.nudge();
  };
  return [job, new ManageTrainingSets({ uow, clock, ids, sets, risks: new SqlRiskStore(), onAsked })];
}
