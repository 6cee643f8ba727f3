import type { Type } from '@nestjs/common';
import type { EntityClass, MigrationClass } from '@spotopt/persistence';
import type { ServiceContext } from '@spotopt/platform';
import type { DecisionConfig } from '../config.js';
import type { EngineRoster } from '../decide/ports.js';
import type { Engine } from '../engine/ports.js';
import { ModelTables } from '../migrations/1764500000000-model-tables.js';
import type { EngineHost, EngineRunner } from '../runtime/ports.js';
import { ActivateEngine } from './activate-engine.js';
import { BuiltinEngines } from './builtin-engines.js';
import { ChangeSlots } from './change-slots.js';
import { FallBack } from './fall-back.js';
import { ModelPartRow, SqlFileStore } from './file.store.js';
import { FinishUpload } from './finish-upload.js';
import { LiveRoster } from './live-roster.js';
import { ModelsController } from './models.controller.js';
import { ModelsJob } from './models.job.js';
import { OpenEngines } from './open-engines.js';
import { ReadFiles } from './read-files.js';
import { ReadModels } from './read-models.js';
import { ReadSlots } from './read-slots.js';
import { ReceiveUpload } from './receive-upload.js';
import { ModelSessionRow, SqlSessionStore } from './session.store.js';
import { SetShadow } from './set-shadow.js';
import { EngineSlotRow, ShadowEngineRow, SqlShadowStore, SqlSlotStore } from './slot.store.js';
import { SweepUploads } from './sweep-uploads.js';
import { ValidateUpload } from './validate-upload.js';

const SWEEP_INTERVAL_MS = 5 * 60_000;
/** On a fast clock five minutes are short; what is left over may wait. */
const SWEEP_FLOOR_MS = 5_000;

export const MODEL_LISTENERS: Type[] = [ModelsController];
export const MODEL_ENTITIES: EntityClass[] = [ModelSessionRow, ModelPartRow, EngineSlotRow, ShadowEngineRow];
export const MODEL_MIGRATIONS: MigrationClass[] = [ModelTables];

export interface ModelEngines {
  /** Compiled-in engines: the one that decides at first, the one that takes over, then any others. */
  readonly builtins: readonly Engine[];
  /** Engines that the settings put in shadow, besides those of the registry. */
  readonly beside?: readonly EngineRunner[];
  /** Runs what was uploaded. */
  readonly host: EngineHost;
}

export interface ModelParts {
  readonly receiveUpload: ReceiveUpload;
  readonly finishUpload: FinishUpload;
  readonly activateEngine: ActivateEngine;
  readonly fallBack: FallBack;
  readonly setShadow: SetShadow;
  readonly readModels: ReadModels;
  readonly sweepUploads: SweepUploads;
  /** For whoever runs engines in shadow. */
  readonly liveEngines: OpenEngines;
  /** For whoever decides. */
  readonly roster: EngineRoster;
}

type Context = Pick<
  ServiceContext<DecisionConfig>,
  'clock' | 'ids' | 'database' | 'failpoints' | 'random' | 'logger'
>;

/** Uploads, who decides, and the engines that are open in this process. */
export function modelParts(
  context: Context,
  engines: ModelEngines,
  onFilesLeft: () => void = () => undefined,
): ModelParts {
  const { clock, ids, database, failpoints, logger } = context;
  const { uow, outbox, inbox } = database;
  const onError = (error: unknown, what: string): void => {
    logger.warn({ err: error }, what);
  };
  const base = {
    ...{ uow, clock, ids, outbox, inbox, failpoints, onFilesLeft, onError },
    sessions: new SqlSessionStore(),
    files: new SqlFileStore(),
    slots: new SqlSlotStore(),
    shadows: new SqlShadowStore(),
    builtins: new BuiltinEngines(engines.builtins),
    host: engines.host,
  };
  const readFiles = new ReadFiles(base);
  const readSlots = new ReadSlots(base);
  const receiveUpload = new ReceiveUpload(base);
  const validateUpload = new ValidateUpload({ ...base, readFiles });
  const changeSlots = new ChangeSlots({ ...base, readSlots });
  const liveEngines = new OpenEngines({ ...base, readFiles, readSlots });
  const fallBack = new FallBack({ ...base, readFiles, readSlots, changeSlots, engines: liveEngines });
  return {
    receiveUpload,
    finishUpload: new FinishUpload({ ...base, readFiles, validateUpload }),
    activateEngine: new ActivateEngine({
      ...{ ...base, readFiles, validateUpload, changeSlots },
      engines: liveEngines,
    }),
    fallBack,
    setShadow: new SetShadow(base),
    readModels: new ReadModels({ ...base, readSlots, engines: liveEngines }),
    sweepUploads: new SweepUploads({ ...base, receiveUpload }),
    liveEngines,
    roster: new LiveRoster({ ...base, engines: liveEngines, beside: engines.beside ?? [], fallBack }),
  };
}

/** The same with the job that cleans up behind it. */
export function wireModels(
  context: Context,
  engines: ModelEngines,
): ModelParts & { readonly instances: readonly object[] } {
  const { clock, database, random, logger } = context;
  const parts = modelParts(context, engines, () => {
    job.nudge();
  });
  const intervalMs = clock.noShorterThan(SWEEP_FLOOR_MS, SWEEP_INTERVAL_MS);
  const { sweepUploads, liveEngines, receiveUpload, finishUpload, activateEngine } = parts;
  const { fallBack, setShadow, readModels } = parts;
  const job = new ModelsJob(
    { intervalMs, clock, leases: database.leases, random, logger },
    sweepUploads,
    liveEngines,
  );
  const instances = [job, receiveUpload, finishUpload, activateEngine, fallBack, setShadow, readModels];
  return { ...parts, instances };
}
