import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Instant } from '../primitives.js';

/** One engine in one version: compiled in, a model, or a script. */
export const EngineIdentity = z.object({
  /** `builtin:<name>`, or the id of the upload session that brought it. */
  engineId: Id,
  kind: z.enum(['builtin', 'onnx', 'javascript']),
  name: z.string(),
  version: z.string(),
  /** Of the uploaded file; null for what is compiled in. */
  sha256: z.string().nullable(),
});
export type EngineIdentity = z.infer<typeof EngineIdentity>;

export const ModelActivatedV1 = defineEvent({
  name: 'model.activated',
  version: 1,
  owner: 'decision',
  summary: 'An engine became the live one; what was live before is the fallback.',
  subject: 'engine',
  data: z.object({
    engine: EngineIdentity,
    previous: EngineIdentity,
    activatedBy: z.string(),
    activatedAt: Instant,
    /** Rises by one with every change of the live engine. */
    revision: z.number().int().positive(),
  }),
});

export const ModelRolledBackV1 = defineEvent({
  name: 'model.rolled-back',
  version: 1,
  owner: 'decision',
  summary: 'The fallback engine is live again; what was live is the fallback now.',
  subject: 'engine',
  data: z.object({
    engine: EngineIdentity,
    previous: EngineIdentity,
    reason: z.string(),
    /** The system itself did it because the engine failed; else a person did. */
    automatic: z.boolean(),
    rolledBackBy: z.string(),
    rolledBackAt: Instant,
    revision: z.number().int().positive(),
  }),
});
