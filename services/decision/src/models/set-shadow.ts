import { AppError, type Clock, type Tx, type UnitOfWork } from '@spotopt/kernel';
import type { EngineRef } from '../runtime/ports.js';
import type { BuiltinEngines } from './builtin-engines.js';
import { unknownEngine } from './model-events.js';
import type { SessionStore, ShadowStore } from './ports.js';
import { engineOf } from './session-view.js';

export interface SetShadowDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly sessions: SessionStore;
  readonly shadows: ShadowStore;
  readonly builtins: BuiltinEngines;
  readonly onFilesLeft: () => void;
}

/** Lets an engine decide without effect beside the live one, or ends that. */
export class SetShadow {
  constructor(private readonly deps: SetShadowDeps) {}

  /** @throws AppError `engine-unknown`, `model-not-ready` (permanent) */
  async execute({ engineId, enabled }: { engineId: string; enabled: boolean }): Promise<void> {
    const { uow, clock, shadows, builtins, onFilesLeft } = this.deps;
    await uow.run(async (tx) => {
      const builtin = builtins.find(engineId)?.ref;
      if (!enabled) {
        await this.#end(tx, engineId, builtin !== undefined);
        return;
      }
      await shadows.add(tx, builtin ?? (await this.#uploaded(tx, engineId)), clock.now());
    });
    onFilesLeft();
  }

  async #uploaded(tx: Tx, engineId: string): Promise<EngineRef> {
    const session = await this.deps.sessions.findForChange(tx, engineId);
    if (session === null) throw unknownEngine(engineId);
    const engine = engineOf(session);
    if (engine !== null && session.filesState === 'kept' && session.state !== 'refused') return engine;
    const why = session.filesState === 'kept' ? session.state : 'without files';
    throw AppError.permanent('model-not-ready', `upload ${engineId} is ${why}`);
  }

  /** The files of an archived upload were kept for the shadow only. */
  async #end(tx: Tx, engineId: string, builtin: boolean): Promise<void> {
    const { sessions, shadows } = this.deps;
    const session = builtin ? null : await sessions.findForChange(tx, engineId);
    if (!builtin && session === null) throw unknownEngine(engineId);
    await shadows.remove(tx, engineId);
    if (session?.state === 'archived' && session.filesState === 'kept') {
      await sessions.save(tx, session, { ...session, filesState: 'leaving' });
    }
  }
}
