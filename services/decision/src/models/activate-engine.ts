import { AppError, type UnitOfWork } from '@spotopt/kernel';
import type { EngineRef } from '../runtime/ports.js';
import type { BuiltinEngines } from './builtin-engines.js';
import type { ChangeSlots, SlotsChange } from './change-slots.js';
import { activatedEvent, unknownEngine } from './model-events.js';
import type { LiveEngines, SessionStore } from './ports.js';
import type { ReadFiles } from './read-files.js';
import type { ModelSession } from './session.js';
import { engineOf } from './session-view.js';
import { activated, type Slots } from './slots.js';
import type { ValidateUpload } from './validate-upload.js';

export interface ActivateEngineDeps {
  readonly uow: UnitOfWork;
  readonly sessions: SessionStore;
  readonly builtins: BuiltinEngines;
  readonly readFiles: ReadFiles;
  readonly validateUpload: ValidateUpload;
  readonly changeSlots: ChangeSlots;
  readonly engines: LiveEngines;
}

export interface Activation {
  readonly engineId: string;
  readonly requestedBy: string;
}

/** Makes an engine the live one, and the live one the fallback. An engine that is live already stays so. */
export class ActivateEngine {
  constructor(private readonly deps: ActivateEngineDeps) {}

  /**
   * @throws AppError `engine-unknown`, `model-not-ready`, `model-files-damaged` (permanent), or why it cannot be
   *   started; nothing has changed then
   */
  async execute({ engineId, requestedBy }: Activation): Promise<SlotsChange> {
    const { builtins, changeSlots, engines } = this.deps;
    const engine = builtins.find(engineId)?.ref ?? (await this.#uploaded(engineId));
    // Started before the transaction, so that its first decision does not wait for it.
    return engines.whileOpen(engine, () =>
      changeSlots.execute({
        next: (slots, at) => (isLive(slots, engine) ? null : activated(slots, engine, at)),
        event: (change) => activatedEvent({ ...change, by: requestedBy }),
      }),
    );
  }

  async #uploaded(engineId: string): Promise<EngineRef> {
    const { uow, sessions, readFiles, validateUpload } = this.deps;
    const found = await uow.read((tx) => sessions.find(tx, engineId));
    if (found === null || found.state === 'receiving') throw unknownEngine(engineId);
    const session = await validateUpload.execute(found);
    const engine = engineOf(session);
    if (engine === null || !mayBeActivated(session)) throw notReady(session);
    await readFiles.execute(session);
    return engine;
  }
}

function isLive({ live }: Slots, { engineId }: EngineRef): boolean {
  return live.engine.engineId === engineId;
}

function mayBeActivated({ state }: ModelSession): boolean {
  return state === 'validated' || state === 'fallback' || state === 'live';
}

function notReady({ sessionId, state, reason }: ModelSession): AppError {
  const why = reason === null ? '' : `: ${reason}`;
  const hint = state === 'archived' ? '; its files are deleted, upload it again' : '';
  return AppError.permanent('model-not-ready', `upload ${sessionId} is ${state}${why}${hint}`);
}
