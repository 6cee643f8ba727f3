import type { AddModelUploadPart, BeginModelUpload, ModelSessionView, RpcRequest } from '@spotopt/contracts';
import { AppError, type Clock, type UnitOfWork } from '@spotopt/kernel';
import type { FileStore, SessionStore, ShadowStore } from './ports.js';
import { refusalOf } from './refusal.js';
import { type ModelSession, newSession, refused } from './session.js';
import { viewOf } from './session-view.js';

export interface ReceiveUploadDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly sessions: SessionStore;
  readonly files: FileStore;
  readonly shadows: ShadowStore;
  /** Called after the commit: files wait for their deletion. */
  readonly onFilesLeft: () => void;
}

/** Each may take a hundred megabytes of the database. */
const MAX_OPEN_UPLOADS = 8;
const RETRY_AFTER_MS = 30_000;

/** Takes files in, part by part, in whichever process a part arrives. */
export class ReceiveUpload {
  constructor(private readonly deps: ReceiveUploadDeps) {}

  /** @throws AppError `too-many-uploads` (transient) */
  async begin(request: RpcRequest<typeof BeginModelUpload>): Promise<ModelSessionView> {
    const { uow, clock, sessions, shadows } = this.deps;
    const { sessionId } = request;
    return uow.run(async (tx) => {
      const known = await sessions.find(tx, sessionId);
      if (known !== null) return viewOf(known, await shadows.has(tx, sessionId));
      if ((await sessions.countReceiving(tx)) >= MAX_OPEN_UPLOADS) {
        throw AppError.transient('too-many-uploads', 'too many uploads are under way; try again later', {
          retryAfterMs: RETRY_AFTER_MS,
        });
      }
      const session = newSession({ ...request, createdAt: clock.now() });
      await sessions.add(tx, session);
      return viewOf(session, false);
    });
  }

  /**
   * False when the part was there already.
   * @throws AppError `unsupported-model-file`, `upload-unknown`, `upload-complete`, `upload-part-conflict` (permanent)
   */
  async addPart(request: RpcRequest<typeof AddModelUploadPart>): Promise<boolean> {
    const { uow, sessions, files } = this.deps;
    const { sessionId, fileName } = request;
    const refusal = refusalOf(fileName);
    if (refusal !== null) await this.#refuse(sessionId, fileName, refusal);
    const content = Buffer.from(request.data, 'base64');
    return uow.run(async (tx) => {
      const session = await sessions.findForChange(tx, sessionId);
      if (session === null) throw unknownUpload(sessionId);
      if (isGivenUp(session)) throw unknownUpload(sessionId);
      if (session.state !== 'receiving') {
        throw AppError.permanent('upload-complete', `upload ${sessionId} is ${session.state} already`);
      }
      return files.addPart(tx, request, content);
    });
  }

  /** False when there was nothing to give up. */
  async abandon(sessionId: string): Promise<boolean> {
    const { uow, sessions, files } = this.deps;
    // From then on it can neither grow nor become complete.
    const isUnfinished = await uow.run(async (tx) => {
      const session = await sessions.findForChange(tx, sessionId);
      if (session?.state !== 'receiving') return false;
      if (!isGivenUp(session)) await sessions.save(tx, session, { ...session, filesState: 'leaving' });
      return true;
    });
    if (!isUnfinished) return false;
    await files.deleteAll(uow, sessionId);
    return uow.run((tx) => sessions.deleteUnfinished(tx, sessionId));
  }

  async #refuse(sessionId: string, field: string, reason: string): Promise<never> {
    const { uow, sessions, onFilesLeft } = this.deps;
    await uow.run(async (tx) => {
      const session = await sessions.findForChange(tx, sessionId);
      if (session === null) throw unknownUpload(sessionId);
      if (session.state === 'receiving') await sessions.save(tx, session, refused(session, reason));
    });
    onFilesLeft();
    throw AppError.permanent('unsupported-model-file', reason, {
      details: { errors: [{ field, message: reason }] },
    });
  }
}

/** Its parts are being deleted, and then it goes itself. */
export function isGivenUp({ state, filesState }: ModelSession): boolean {
  return state === 'receiving' && filesState !== 'kept';
}

export function unknownUpload(sessionId: string): AppError {
  return AppError.permanent('upload-unknown', `there is no upload ${sessionId}`);
}
