import { z } from 'zod';
import { FittedPriors, SpellModel } from '../rpc/hazard-priors.rpc.js';
import { TrainingFormat } from '../rpc/training.rpc.js';
import { defineRoute } from './define-route.js';
import { Acknowledged, OptionalInstant, OptionalText, queryInteger } from './wire-primitives.js';

/** What data may be taken from; the last 90 days when no time is given. */
const Scope = {
  from: OptionalInstant,
  until: OptionalInstant,
  region: OptionalText,
  instance_types: z.array(z.string().min(1).max(64)).min(1).max(100).nullish(),
};

const WireScope = {
  from: z.string(),
  until: z.string(),
  region: z.string().nullable(),
  instance_types: z.array(z.string()).nullable(),
};

const State = z.enum(['queued', 'running', 'completed', 'failed']);

const TrainingSetItem = z.object({
  id: z.string(),
  name: z.string(),
  version: z.number().int(),
  state: State,
  /** 0 to 1. */
  progress: z.number(),
  format: TrainingFormat,
  ...WireScope,
  columns_version: z.number().int(),
  as_of: z.string(),
  created_at: z.string(),
  finished_at: z.string().nullable(),
  pools: z.number().int(),
  rows: z.number().int(),
  rows_left_out: z.number().int(),
  bytes: z.number().int(),
  sha256: z.string().nullable(),
  /** Null when there is no file to fetch. */
  file_url: z.string().nullable(),
  file_until: z.string().nullable(),
  reproduced: z.boolean().nullable(),
  error: z.string().nullable(),
});

export const TrainingColumnsRoute = defineRoute({
  id: 'listTrainingColumns',
  at: 'GET /api/admin/training-sets/columns',
  summary: 'The data dictionary of training sets.',
  access: 'admin',
  response: z.object({
    version: z.number().int(),
    columns: z.array(
      z.object({
        name: z.string(),
        type: z.string(),
        unit: z.string().nullable(),
        role: z.enum(['key', 'feature', 'label']),
        meaning: z.string(),
        null_meaning: z.string().nullable(),
      }),
    ),
  }),
});

export const CreateTrainingSetRoute = defineRoute({
  id: 'createTrainingSet',
  at: 'POST /api/admin/training-sets',
  summary: 'Asks for a training set of prices and incidents; it is made in the background.',
  access: 'admin',
  status: 202,
  body: z.object({
    name: z.string().trim().min(1).max(64),
    format: TrainingFormat.default('csv'),
    ...Scope,
  }),
  response: Acknowledged.extend({ training_set: TrainingSetItem }),
});

export const TrainingSetsRoute = defineRoute({
  id: 'listTrainingSets',
  at: 'GET /api/admin/training-sets',
  summary: 'Training sets with their progress, newest first.',
  access: 'admin',
  query: z.object({ limit: queryInteger(1, 500, 100) }),
  response: z.object({ training_sets: z.array(TrainingSetItem), total: z.number().int() }),
});

export const RemakeTrainingSetRoute = defineRoute({
  id: 'remakeTrainingSet',
  at: 'POST /api/admin/training-sets/:setId/remake',
  summary: 'Makes the file again from what is stored, and compares its hash with the recorded one.',
  access: 'admin',
  status: 202,
  response: Acknowledged.extend({ training_set: TrainingSetItem }),
});

export const TrainingSetFileRoute = defineRoute({
  id: 'getTrainingSetFile',
  at: 'GET /api/admin/training-sets/:setId/file',
  summary: 'The file of a complete training set; it breaks off when it is not the one that was recorded.',
  access: 'admin',
  response: z.string(),
  produces: ['text/csv', 'application/vnd.apache.parquet'],
});

const FitItem = z.object({
  id: z.string(),
  state: State,
  progress: z.number(),
  ...WireScope,
  created_at: z.string(),
  finished_at: z.string().nullable(),
  pools: z.number().int(),
  priors: FittedPriors.nullable(),
  active: z.boolean(),
  error: z.string().nullable(),
});

export const FitHazardPriorsRoute = defineRoute({
  id: 'fitHazardPriors',
  at: 'POST /api/admin/hazard-priors/fit',
  summary: 'Fits the priors of the hazard engine to what happened here; it is done in the background.',
  access: 'admin',
  status: 202,
  body: z.object(Scope),
  response: Acknowledged.extend({ fit: FitItem }),
});

export const HazardPriorsRoute = defineRoute({
  id: 'listHazardPriors',
  at: 'GET /api/admin/hazard-priors',
  summary: 'Fitted priors, newest first, beside the built-in ones.',
  access: 'admin',
  query: z.object({ limit: queryInteger(1, 200, 50) }),
  response: z.object({
    built_in: z.object({ up: SpellModel, down: SpellModel }),
    /** `built-in`, or the id of a fit. */
    active: z.string(),
    fits: z.array(FitItem),
    total: z.number().int(),
  }),
});

export const ActivateHazardPriorsRoute = defineRoute({
  id: 'activateHazardPriors',
  at: 'POST /api/admin/hazard-priors/:fitId/activate',
  summary: 'Engines start from these priors from now on; `built-in` goes back.',
  access: 'admin',
  response: Acknowledged.extend({ active: z.string() }),
});
