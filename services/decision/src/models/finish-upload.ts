import type { FinishModelUpload, ModelSessionView, RpcRequest } from '@spotopt/contracts';
import { AppError, type Clock, type Failpoints, isAppError, type UnitOfWork } from '@spotopt/kernel';
import { rolesOf } from './file-rules.js';
import type { SessionStore, ShadowStore } from './ports.js';
import type { ReadFiles } from './read-files.js';
import { isGivenUp, unknownUpload } from './receive-upload.js';
import { type ModelSession, moved, refused } from './session.js';
import { viewOf } from './session-view.js';
import type { ValidateUpload } from './validate-upload.js';

export interface FinishUploadDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly sessions: SessionStore;
  readonly shadows: ShadowStore;
  readonly readFiles: ReadFiles;
  readonly validateUpload: ValidateUpload;
  readonly failpoints: Failpoints;
}

type Request = RpcRequest<typeof FinishModelUpload>;

/** An upload is complete: compare it with what was sent, then validate it. The same call again goes on. */
export class FinishUpload {
  constructor(private readonly deps: FinishUploadDeps) {}

  /** @throws AppError `upload-unknown`, `upload-incomplete` (permanent) */
  async execute(request: Request): Promise<ModelSessionView> {
    const { uow, sessions, shadows, validateUpload, failpoints } = this.deps;
    const known = await uow.read((tx) => sessions.find(tx, request.sessionId));
    if (known === null) throw unknownUpload(request.sessionId);
    const complete = known.state === 'receiving' ? await this.#complete(request) : known;
    failpoints.hit('decision.model-uploaded');
    const session = await validateUpload.execute(complete);
    failpoints.hit('decision.model-validated');
    return viewOf(session, await uow.read((tx) => shadows.has(tx, session.sessionId)));
  }

  async #complete(request: Request): Promise<ModelSession> {
    const { readFiles, clock } = this.deps;
    let change: (session: ModelSession) => ModelSession;
    try {
      const { kind, engine } = rolesOf(request.files);
      await readFiles.execute(request);
      const { files, declared } = request;
      const facts = { kind, sha256: engine.sha256, files, declared, uploadedAt: clock.now() };
      change = (session) => moved(session, 'uploaded', facts);
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'permanent') throw error;
      if (error.code === 'model-files-damaged') {
        throw AppError.permanent('upload-incomplete', error.message, { cause: error });
      }
      change = (session) => refused({ ...session, files: request.files }, error.message);
    }
    return this.#save(request.sessionId, change);
  }

  async #save(sessionId: string, change: (session: ModelSession) => ModelSession): Promise<ModelSession> {
    const { uow, sessions } = this.deps;
    return uow.run(async (tx) => {
      const known = await sessions.findForChange(tx, sessionId);
      if (known === null || isGivenUp(known)) throw unknownUpload(sessionId);
      if (known.state !== 'receiving') return known;
      const next = change(known);
      await sessions.save(tx, known, next);
      return { ...next, version: known.version + 1 };
    });
  }
}
