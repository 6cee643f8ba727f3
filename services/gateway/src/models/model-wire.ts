import type { EngineIdentity, ModelSessionView, ModelStatus, RpcResponse } from '@spotopt/contracts';
import type {
  ModelSessionItem,
  ResponseOf,
  SystemHealthRoute,
  UploadModelRoute,
} from '@spotopt/contracts/http';

type Status = RpcResponse<typeof ModelStatus>;
type Health = ResponseOf<typeof SystemHealthRoute>;

/** Words of the documents (CT-106). */
const STATUS_OF: Readonly<Record<ModelSessionView['state'], ModelSessionItem['status']>> = {
  receiving: 'uploaded',
  uploaded: 'uploaded',
  validated: 'uploaded',
  live: 'activated',
  fallback: 'activated',
  archived: 'archived',
  refused: 'refused',
};

/** How a page calls an engine; a name, not a place. */
export function labelOf({ name, version }: Pick<EngineIdentity, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

export function toSessionItem(session: ModelSessionView): ModelSessionItem {
  const { sessionId, sessionType, state, engine, files, totalBytes } = session;
  const [isLive, isFallback] = [state === 'live', state === 'fallback'];
  return {
    id: sessionId,
    sessionId,
    session_id: sessionId,
    session_type: sessionType,
    ...flags(isLive, isFallback, session.shadow),
    fileCount: files.length,
    file_count: files.length,
    files: files.map(({ name }) => name),
    status: STATUS_OF[state],
    state,
    name: engine?.name ?? null,
    version: engine?.version ?? null,
    kind: engine?.kind ?? null,
    sha256: engine?.sha256 ?? null,
    details: session.details,
    declared: session.declared,
    reason: session.reason,
    files_kept: session.filesKept,
    totalSize: totalBytes,
    total_size_bytes: totalBytes,
    uploaded_by: session.uploadedBy,
    createdAt: session.createdAt,
    created_at: session.createdAt,
    activatedAt: session.activatedAt,
    activated_at: session.activatedAt,
  };
}

/** A built-in engine that is in force, in the list of uploads. */
export function builtinItem(engine: EngineIdentity, isLive: boolean, since: string): ModelSessionItem {
  return {
    ...{ id: engine.engineId, sessionId: engine.engineId, session_id: engine.engineId },
    ...flags(isLive, !isLive, false),
    ...{ fileCount: 0, file_count: 0, files: [], totalSize: 0, total_size_bytes: 0 },
    status: 'activated',
    state: isLive ? 'live' : 'fallback',
    ...{ name: engine.name, version: engine.version, kind: engine.kind, sha256: engine.sha256 },
    ...{ createdAt: null, created_at: null, activatedAt: since, activated_at: since },
  };
}

function flags(isLive: boolean, isFallback: boolean, isShadow: boolean) {
  return {
    ...{ isLive, isFallback, isShadow },
    ...{ is_live: isLive, is_fallback: isFallback, is_shadow: isShadow },
  };
}

/** The owner did not answer: nothing is known to be loaded. */
const UNKNOWN_ENGINE = { loaded: false, type: 'unknown', version: 'unknown' };

function engineStatus(status: Status | undefined): Health['decisionEngineStatus'] & typeof UNKNOWN_ENGINE {
  const files = filesOf(status, 'decision_engine');
  if (status === undefined) return { ...UNKNOWN_ENGINE, problem: null, filesUploaded: 0, files };
  const { live, loaded, problem, since, fallback } = status;
  return {
    ...{ loaded, type: live.name, version: live.version, problem },
    ...{ kind: live.kind, engine_id: live.engineId, sha256: live.sha256, since },
    fallback: fallback === null ? null : labelOf(fallback),
    shadows: status.shadows.map(labelOf),
    ...{ filesUploaded: files.length, files },
  };
}

function filesOf(
  status: Status | undefined,
  type: ModelSessionView['sessionType'],
): Health['modelStatus']['files'] {
  return (status?.files ?? [])
    .filter(({ sessionType }) => sessionType === type)
    .map(({ name, sizeBytes, uploadedAt }) => ({ name, size: sizeBytes, modified: uploadedAt }));
}

/** Three names for what decides (CT-111); a model is loaded only when there is one and it can be asked (PR-121). */
export function modelHealth(
  status: Status | undefined,
): Pick<Health, 'decisionEngineStatus' | 'modelStatus' | 'mlModelsStatus'> {
  const active = status !== undefined && status.live.kind === 'onnx' ? [status.live] : [];
  const files = filesOf(status, 'models');
  return {
    decisionEngineStatus: engineStatus(status),
    modelStatus: {
      loaded: active.length > 0 && status?.loaded === true,
      filesUploaded: files.length,
      activeModels: active.map(({ name, version, sha256, engineId }) => ({
        ...{ name, version, sha256 },
        session_id: engineId,
      })),
      files,
    },
    mlModelsStatus: {
      activeModel: active[0] === undefined ? null : labelOf(active[0]),
      totalModels: status?.uploads ?? 0,
      lastUpload: status?.lastUploadAt ?? null,
      files,
    },
  };
}

/** An upload that was taken has passed its validation, so that it is known what it is. */
const NOT_LOOKED_AT = { name: '', version: '', kind: '', sha256: null };

export function uploadAnswer(
  session: ModelSessionView,
  status: Status | undefined,
): ResponseOf<typeof UploadModelRoute> {
  const { sessionId, sessionType, files, totalBytes, state } = session;
  const { name, version, kind, sha256 } = session.engine ?? NOT_LOOKED_AT;
  const label = labelOf({ name, version });
  const { loaded, type, version: liveVersion } = engineStatus(status);
  const names = files.map((file) => file.name);
  return {
    ...{ success: true, status: 'success', sessionId, session_id: sessionId },
    message: state === 'live' ? `${label} is live` : `${label} is uploaded and waits for its activation`,
    filename: names.find((file) => !file.endsWith('.json')) ?? '',
    files: names,
    model_path: label,
    ...{ name, version, kind, sha256: sha256 ?? '' },
    uploaded_at: session.uploadedAt ?? session.createdAt,
    details: session.details,
    restarting: false,
    requiresRestart: false,
    engine_status: { loaded, type, version: liveVersion },
    model_status: { filesUploaded: names.length, totalSize: totalBytes, sessionType },
  };
}
