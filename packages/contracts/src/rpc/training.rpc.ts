import { z } from 'zod';
import { defineRpc } from '../define.js';
import { Id, Instant } from '../primitives.js';

export const TrainingFormat = z.enum(['csv', 'parquet']);
export type TrainingFormat = z.infer<typeof TrainingFormat>;

/** A row of the data dictionary. */
export const TrainingColumn = z.object({
  name: z.string(),
  type: z.enum(['string', 'timestamp', 'double', 'int', 'boolean']),
  unit: z.string().nullable(),
  /** `label`: what a model may be taught to foretell, and must never be given. */
  role: z.enum(['key', 'feature', 'label']),
  meaning: z.string(),
  /** What an empty field says; null where none is empty. */
  nullMeaning: z.string().nullable(),
});
export type TrainingColumn = z.infer<typeof TrainingColumn>;

export const TrainingSetView = z.object({
  setId: Id,
  name: z.string(),
  /** Counts the sets of the same name. */
  version: z.number().int(),
  state: z.enum(['queued', 'running', 'completed', 'failed']),
  format: TrainingFormat,
  from: Instant,
  until: Instant,
  region: z.string().nullable(),
  instanceTypes: z.array(z.string()).nullable(),
  columnsVersion: z.number().int(),
  /** What happened after it is not in the set. */
  asOf: Instant,
  createdAt: Instant,
  finishedAt: Instant.nullable(),
  progress: z.number().min(0).max(1),
  pools: z.number().int(),
  rows: z.number().int(),
  /** Buckets whose price was computed afterwards, from prices that were not known then. */
  rowsLeftOut: z.number().int(),
  bytes: z.number().int(),
  /** Of the whole file; null until it is complete. */
  sha256: z.string().nullable(),
  /** Until when the file can be fetched; null when it cannot, but may be made again. */
  fileUntil: Instant.nullable(),
  /** Whether the file made last time again had the same hash; null when it was made once. */
  reproduced: z.boolean().nullable(),
  error: z.string().nullable(),
});
export type TrainingSetView = z.infer<typeof TrainingSetView>;

export const CreateTrainingSet = defineRpc({
  owner: 'decision',
  name: 'create-training-set',
  summary: 'Asks for a training set; it is made in the background.',
  request: z.object({
    name: z.string().min(1).max(64),
    format: TrainingFormat,
    from: Instant,
    until: Instant,
    region: z.string().nullable(),
    instanceTypes: z.array(z.string()).min(1).max(100).nullable(),
  }),
  response: z.object({ set: TrainingSetView }),
});

export const ListTrainingSets = defineRpc({
  owner: 'decision',
  name: 'list-training-sets',
  summary: 'Training sets, newest first.',
  request: z.object({ setId: Id.nullable(), limit: z.number().int().min(1).max(500).default(100) }),
  response: z.object({ sets: z.array(TrainingSetView) }),
});

export const RemakeTrainingSet = defineRpc({
  owner: 'decision',
  name: 'remake-training-set',
  summary: 'Makes the file of a set again from what is stored, and compares the hash.',
  request: z.object({ setId: Id }),
  response: z.object({ set: TrainingSetView }),
});

export const TrainingSetPiece = defineRpc({
  owner: 'decision',
  name: 'training-set-piece',
  summary: 'A piece of the file of a complete set.',
  request: z.object({ setId: Id, number: z.number().int().nonnegative() }),
  response: z.object({ base64: z.string(), last: z.boolean() }),
});

export const TrainingColumns = defineRpc({
  owner: 'decision',
  name: 'training-columns',
  summary: 'The data dictionary of training sets.',
  request: z.object({}),
  response: z.object({ version: z.number().int(), columns: z.array(TrainingColumn) }),
});
