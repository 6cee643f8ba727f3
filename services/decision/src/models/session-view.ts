import type { EngineIdentity, ModelSessionView } from '@spotopt/contracts';
import type { EngineRef } from '../runtime/ports.js';
import type { ModelSession } from './session.js';
import type { Slots } from './slots.js';

/** The engine that an upload brought; null before it was looked at. */
export function engineOf(session: ModelSession): EngineRef | null {
  const { sessionId, kind, name, engineVersion, sha256 } = session;
  if (kind === null || name === null || engineVersion === null) return null;
  return { engineId: sessionId, kind, name, version: engineVersion, sha256 };
}

export function viewOf(session: ModelSession, inShadow: boolean): ModelSessionView {
  const { sessionId, sessionType, state, details, declared, files, reason, uploadedBy } = session;
  return {
    ...{ sessionId, sessionType, state, reason, uploadedBy },
    engine: engineOf(session),
    details: { ...details },
    declared: { ...declared },
    files: [...files],
    totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    filesKept: session.filesState === 'kept',
    shadow: inShadow,
    createdAt: session.createdAt.toISOString(),
    uploadedAt: session.uploadedAt?.toISOString() ?? null,
    activatedAt: session.activatedAt?.toISOString() ?? null,
  };
}

export function slotsView({ live, fallback, revision }: Slots): {
  live: EngineIdentity;
  fallback: EngineIdentity | null;
  since: string;
  revision: number;
} {
  return {
    live: live.engine,
    fallback: fallback?.engine ?? null,
    since: live.since.toISOString(),
    revision,
  };
}
