import { z } from 'zod';
import { defineRoute } from './define-route.js';
import { Acknowledged, OptionalText } from './wire-primitives.js';

const MULTIPART = ['multipart/form-data'];

/** Names of the live engine, as pages about health show it. */
const EngineStatus = z.looseObject({
  /** It could be opened, and can be asked. */
  loaded: z.boolean(),
  type: z.string(),
  version: z.string(),
});

const UploadAnswer = Acknowledged.extend({
  message: z.string(),
  sessionId: z.string(),
  session_id: z.string(),
  /** File of the engine. */
  filename: z.string(),
  files: z.array(z.string()),
  /** A name, not a place. */
  model_path: z.string(),
  name: z.string(),
  version: z.string(),
  kind: z.string(),
  sha256: z.string(),
  uploaded_at: z.string(),
  details: z.record(z.string(), z.unknown()),
  /** Engines are swapped while everything runs. */
  restarting: z.literal(false),
  requiresRestart: z.literal(false),
  engine_status: EngineStatus,
  model_status: z.looseObject({
    filesUploaded: z.number().int(),
    totalSize: z.number().int(),
    sessionType: z.string(),
  }),
});

export const UploadEngineRoute = defineRoute({
  id: 'uploadDecisionEngine',
  at: 'POST /api/admin/decision-engine/upload',
  summary: 'Takes a decision engine in: a script (.js), in a field `files`, `file`, `model` or `engine`.',
  access: 'admin',
  consumes: MULTIPART,
  response: UploadAnswer,
});

export const UploadModelRoute = defineRoute({
  id: 'uploadModel',
  at: 'POST /api/admin/ml-models/upload',
  summary: 'Takes a model in: model.onnx with manifest.json. It waits for its activation then.',
  access: 'admin',
  consumes: MULTIPART,
  response: UploadAnswer,
});

export const ActivateModelRoute = defineRoute({
  id: 'activateModel',
  at: 'POST /api/admin/ml-models/activate',
  summary: 'Makes an upload, or a built-in engine such as `builtin:seed-rule`, the live engine.',
  access: 'admin',
  body: z.looseObject({ sessionId: OptionalText, session_id: OptionalText, model_id: OptionalText }),
  response: Acknowledged.extend({
    message: z.string(),
    model_activated: z.boolean(),
    /** False when it was live already. */
    changed: z.boolean(),
    sessionId: z.string(),
    session_id: z.string(),
    active_model: z.string(),
    previous_model: z.string().nullable(),
    restarting: z.literal(false),
    requiresRestart: z.literal(false),
  }),
});

export const FallBackModelRoute = defineRoute({
  id: 'fallBackModel',
  at: 'POST /api/admin/ml-models/fallback',
  summary: 'Swaps the live engine and the fallback; 404 when there is no fallback.',
  access: 'admin',
  body: z.looseObject({ reason: z.string().max(500).nullish() }).nullish(),
  response: Acknowledged.extend({
    message: z.string(),
    active_model: z.string(),
    previous_model: z.string(),
  }),
});

export const ShadowModelRoute = defineRoute({
  id: 'shadowModel',
  at: 'POST /api/admin/ml-models/sessions/:sessionId/shadow',
  summary: 'Whether an engine also decides, without effect, wherever the live one does.',
  access: 'admin',
  body: z.looseObject({ enabled: z.boolean() }),
  response: Acknowledged.extend({
    sessionId: z.string(),
    session_id: z.string(),
    shadow: z.boolean(),
  }),
});

export const ModelSessionItem = z.looseObject({
  id: z.string(),
  isLive: z.boolean(),
  isFallback: z.boolean(),
  isShadow: z.boolean(),
  fileCount: z.number().int(),
  files: z.array(z.string()),
  status: z.enum(['uploaded', 'activated', 'archived', 'refused']),
  state: z.string(),
  totalSize: z.number().int(),
  createdAt: z.string().nullable(),
  activatedAt: z.string().nullable(),
});
export type ModelSessionItem = z.infer<typeof ModelSessionItem>;

const Flag = z
  .enum(['true', 'false', '1', '0'])
  .default('false')
  .transform((text) => text === 'true' || text === '1');

export const ModelSessionsRoute = defineRoute({
  id: 'listModelSessions',
  at: 'GET /api/admin/ml-models/sessions',
  summary:
    'Engines in force and uploads that wait, newest first; `all` adds archived and refused ones. A bare array for callers without a token.',
  access: 'admin',
  query: z.object({ all: Flag }),
  response: z.union([
    z.object({ sessions: z.array(ModelSessionItem), total: z.number().int() }),
    z.array(ModelSessionItem),
  ]),
});

const UploadedFile = z.object({ name: z.string(), size: z.number().int(), modified: z.string() });

export const SystemHealthRoute = defineRoute({
  id: 'systemHealth',
  at: 'GET /api/admin/system-health',
  summary: 'Database, broker, agents, engines and models; `missing` names a source that did not answer.',
  access: 'admin',
  response: z.looseObject({
    apiStatus: z.string(),
    timestamp: z.string(),
    database: z.looseObject({ connected: z.boolean() }),
    broker: z.looseObject({ connected: z.boolean() }),
    agents: z.object({ total: z.number().int(), online: z.number().int(), offline: z.number().int() }),
    replicas: z.looseObject({
      active: z.number().int(),
      ready: z.number().int(),
      syncing: z.number().int(),
    }),
    decisionEngineStatus: EngineStatus.extend({
      /** Why the live engine cannot be asked. */
      problem: z.string().nullable(),
      filesUploaded: z.number().int(),
      files: z.array(UploadedFile),
    }),
    modelStatus: z.looseObject({
      /** The live engine is an uploaded model, and can be asked. */
      loaded: z.boolean(),
      filesUploaded: z.number().int(),
      activeModels: z.array(z.looseObject({ name: z.string(), version: z.string() })),
      files: z.array(UploadedFile),
    }),
    mlModelsStatus: z.looseObject({
      activeModel: z.string().nullable(),
      totalModels: z.number().int(),
      lastUpload: z.string().nullable(),
      files: z.array(UploadedFile),
    }),
    partial: z.boolean(),
    missing: z.array(z.string()),
  }),
});
