import { type Clock, isAppError, type Tx, type UnitOfWork } from '@spotopt/kernel';
import type { EngineHost, Inspection } from '../runtime/ports.js';
import { REPLAYABLE } from '../replay/index.js';
import { invalidModel } from './file-rules.js';
import type { SessionStore, ShadowStore } from './ports.js';
import type { ReadFiles } from './read-files.js';
import { archived, isPending, type ModelSession, moved, refused } from './session.js';

export interface ValidateUploadDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly sessions: SessionStore;
  readonly shadows: ShadowStore;
  readonly readFiles: ReadFiles;
  readonly host: EngineHost;
  readonly onFilesLeft: () => void;
}

/** Uploads that wait for their activation; of older ones only the description stays. */
const MAX_PENDING = 8;
const MAX_NAME = 128;
const MAX_VERSION = 64;
/** Whoever reads a decision or a comparison must know which engine is meant. */
const RESERVED: readonly string[] = [...REPLAYABLE, 'stay'];

/** Has an uploaded engine looked at and run once, in a process of its own. */
export class ValidateUpload {
  constructor(private readonly deps: ValidateUploadDeps) {}

  /**
   * The upload as it is then, refused with the reason where the engine does not pass.
   * @throws AppError (transient) when it could not be looked at; the upload stays as it is
   */
  async execute(session: ModelSession): Promise<ModelSession> {
    if (session.state !== 'uploaded') return session;
    try {
      const inspection = await this.#inspect(session);
      return await this.#change(session.sessionId, (known) =>
        moved(known, 'validated', {
          name: inspection.name,
          engineVersion: inspection.version,
          details: inspection.details,
        }),
      );
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'permanent') throw error;
      const { message } = error;
      return await this.#change(session.sessionId, (known) => refused(known, message));
    } finally {
      this.deps.onFilesLeft();
    }
  }

  async #inspect(session: ModelSession): Promise<Inspection> {
    const { readFiles, host } = this.deps;
    if (session.kind === null) throw invalidModel('the upload has no engine');
    const stored = await readFiles.execute(session);
    const inspection = await host.inspect({ kind: session.kind, ...stored });
    const { name, version } = inspection;
    if (name === '' || name.length > MAX_NAME) {
      throw invalidModel(`the name of the engine must have 1 to ${String(MAX_NAME)} characters`);
    }
    if (RESERVED.includes(name)) {
      throw invalidModel(`${name} is the name of a built-in engine; choose another one`);
    }
    if (version === '' || version.length > MAX_VERSION) {
      throw invalidModel(`the version of the engine must have 1 to ${String(MAX_VERSION)} characters`);
    }
    return inspection;
  }

  /** Somebody else may have come to the end with it meanwhile; then that holds. */
  async #change(sessionId: string, change: (known: ModelSession) => ModelSession): Promise<ModelSession> {
    const { uow, sessions } = this.deps;
    return uow.run(async (tx) => {
      const known = await sessions.findForChange(tx, sessionId);
      if (known === null) throw invalidModel('the upload is gone');
      if (known.state !== 'uploaded') return known;
      const next = change(known);
      await sessions.save(tx, known, next);
      await this.#archiveOld(tx);
      return { ...next, version: known.version + 1 };
    });
  }

  async #archiveOld(tx: Tx): Promise<void> {
    const { sessions, shadows } = this.deps;
    const pending = await sessions.listPending(tx);
    for (const { sessionId } of pending.slice(MAX_PENDING)) {
      // Locked before the look, so that nobody puts it in shadow between the two.
      const old = await sessions.findForChange(tx, sessionId);
      if (old === null || !isPending(old) || (await shadows.has(tx, sessionId))) continue;
      await sessions.save(tx, old, archived(old, false));
    }
  }
}
