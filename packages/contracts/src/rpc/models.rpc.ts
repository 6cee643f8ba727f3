import { z } from 'zod';
import { defineRpc } from '../define.js';
import { EngineIdentity } from '../events/model.events.js';
import { Id, Instant } from '../primitives.js';

/** Bytes of a file that travel in one request; 512 KiB as base64. */
export const MODEL_PART_BYTES = 393_216;
/** All files of one upload together. */
export const MAX_MODEL_BYTES = 104_857_600;
export const MAX_MODEL_FILES = 4;
const MAX_PARTS = Math.ceil(MAX_MODEL_BYTES / MODEL_PART_BYTES);

/** Its characters only: decoding once more what has half a megabyte would cost more than storing it. */
const Base64 = z
  .string()
  .max(524_288)
  .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'base64');
const FileName = z.string().min(1).max(200);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits');

export const ModelSessionState = z.enum([
  'receiving',
  'uploaded',
  'validated',
  'live',
  'fallback',
  'archived',
  'refused',
]);
export type ModelSessionState = z.infer<typeof ModelSessionState>;

export const ModelFile = z.object({
  name: FileName,
  sizeBytes: z.number().int().positive(),
  parts: z.number().int().positive().max(MAX_PARTS),
  sha256: Sha256,
});
export type ModelFile = z.infer<typeof ModelFile>;

/** One upload, from its first byte to the archive. */
export const ModelSessionView = z.object({
  sessionId: Id,
  sessionType: z.enum(['models', 'decision_engine']),
  state: ModelSessionState,
  /** What it turned out to be; null before it was looked at. */
  engine: EngineIdentity.nullable(),
  /** What the validation found out. */
  details: z.record(z.string(), z.unknown()),
  /** What the uploader said of it. */
  declared: z.record(z.string(), z.string()),
  files: z.array(ModelFile),
  totalBytes: z.number().int(),
  /** The files are there; of old sessions only the description is. */
  filesKept: z.boolean(),
  shadow: z.boolean(),
  /** Why it was refused. */
  reason: z.string().nullable(),
  uploadedBy: z.string(),
  createdAt: Instant,
  uploadedAt: Instant.nullable(),
  activatedAt: Instant.nullable(),
});
export type ModelSessionView = z.infer<typeof ModelSessionView>;

const Slots = {
  live: EngineIdentity,
  fallback: EngineIdentity.nullable(),
  /** Since when this live engine is in force. */
  since: Instant,
  revision: z.number().int(),
};

export const BeginModelUpload = defineRpc({
  owner: 'decision',
  name: 'begin-model-upload',
  summary: 'Opens an upload; the same id again answers what became of it.',
  request: z.object({
    sessionId: Id,
    sessionType: z.enum(['models', 'decision_engine']),
    uploadedBy: z.string().min(1).max(128),
  }),
  response: z.object({ session: ModelSessionView }),
});

export const AddModelUploadPart = defineRpc({
  owner: 'decision',
  name: 'add-model-upload-part',
  summary: 'Stores a part of a file. Parts may come twice and in any order, but never with another content.',
  request: z.object({
    sessionId: Id,
    /** Position of the file in the upload, from 0. */
    file: z
      .number()
      .int()
      .min(0)
      .max(MAX_MODEL_FILES - 1),
    fileName: FileName,
    part: z
      .number()
      .int()
      .min(0)
      .max(MAX_PARTS - 1),
    data: Base64,
  }),
  response: z.object({ stored: z.boolean() }),
});

export const FinishModelUpload = defineRpc({
  owner: 'decision',
  name: 'finish-model-upload',
  summary: 'Checks that every part is there, then has the engine looked at and run once.',
  request: z.object({
    sessionId: Id,
    files: z.array(ModelFile).min(1).max(MAX_MODEL_FILES),
    declared: z.record(z.string().max(64), z.string().max(256)),
  }),
  response: z.object({ session: ModelSessionView }),
});

export const AbandonModelUpload = defineRpc({
  owner: 'decision',
  name: 'abandon-model-upload',
  summary: 'Gives up an upload that is not complete; nothing stays of it.',
  request: z.object({ sessionId: Id }),
  response: z.object({ abandoned: z.boolean() }),
});

export const ListModelSessions = defineRpc({
  owner: 'decision',
  name: 'list-model-sessions',
  summary: 'Uploads, newest first; `all` includes those that are archived or were refused.',
  request: z.object({
    all: z.boolean().default(false),
    limit: z.number().int().min(1).max(500).default(100),
  }),
  response: z.object({ sessions: z.array(ModelSessionView), ...Slots }),
});

export const ActivateModel = defineRpc({
  owner: 'decision',
  name: 'activate-model',
  summary: 'Makes an upload, or a built-in engine by its id, the live engine.',
  request: z.object({ engineId: Id, requestedBy: z.string().min(1).max(128) }),
  response: z.object({ ...Slots, changed: z.boolean() }),
});

export const FallBackModel = defineRpc({
  owner: 'decision',
  name: 'fall-back-model',
  summary: 'Swaps the live engine and the fallback, once for each request id.',
  request: z.object({
    requestId: Id,
    reason: z.string().min(1).max(500),
    requestedBy: z.string().min(1).max(128),
  }),
  response: z.object({ ...Slots, previous: EngineIdentity }),
});

export const SetModelShadow = defineRpc({
  owner: 'decision',
  name: 'set-model-shadow',
  summary: 'Whether an engine also decides, without effect, wherever the live one does.',
  request: z.object({ engineId: Id, enabled: z.boolean() }),
  response: z.object({ engineId: Id, shadow: z.boolean() }),
});

export const ModelStatus = defineRpc({
  owner: 'decision',
  name: 'model-status',
  summary: 'The live engine, whether it can be asked, and the files that are kept.',
  request: z.object({}),
  response: z.object({
    ...Slots,
    /** The live engine could be opened by the process that answers. */
    loaded: z.boolean(),
    /** Why not. */
    problem: z.string().nullable(),
    shadows: z.array(EngineIdentity),
    builtins: z.array(EngineIdentity),
    /** Uploads that were ever complete, whatever became of them. */
    uploads: z.number().int(),
    lastUploadAt: Instant.nullable(),
    files: z.array(
      z.object({
        sessionId: Id,
        sessionType: z.enum(['models', 'decision_engine']),
        name: z.string(),
        sizeBytes: z.number().int(),
        uploadedAt: Instant,
      }),
    ),
  }),
});
