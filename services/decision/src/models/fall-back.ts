import type { FallBackModel, RpcRequest } from '@spotopt/contracts';
import { AppError, isAppError, type UnitOfWork } from '@spotopt/kernel';
import type { EngineRef } from '../runtime/ports.js';
import type { ChangeSlots, SlotsChange } from './change-slots.js';
import { rolledBackEvent } from './model-events.js';
import type { LiveEngines, SessionStore } from './ports.js';
import type { ReadFiles } from './read-files.js';
import type { ReadSlots } from './read-slots.js';
import { type Slots, swapped } from './slots.js';

export interface FallBackDeps {
  readonly uow: UnitOfWork;
  readonly sessions: SessionStore;
  readonly readFiles: ReadFiles;
  readonly readSlots: ReadSlots;
  readonly changeSlots: ChangeSlots;
  readonly engines: LiveEngines;
}

export type RollBackOutcome =
  | 'rolled-back'
  /** Somebody was faster, or activated another engine. */
  | 'not-live'
  /** Nothing to fall back to that did not fail itself. */
  | 'no-fallback';

const SYSTEM = 'decision';

/** The live engine and the fallback change places. */
export class FallBack {
  constructor(private readonly deps: FallBackDeps) {}

  /**
   * A person asks for it.
   * @throws AppError `fallback-not-found`, `model-files-damaged` (permanent), or why it cannot be started
   */
  async execute(request: RpcRequest<typeof FallBackModel>): Promise<SlotsChange> {
    const { requestId, reason, requestedBy } = request;
    const wanted = await this.#fallbackThatIsWhole(await this.deps.readSlots.execute());
    if (wanted === null) throw noFallback();
    return this.deps.engines.whileOpen(wanted, () =>
      this.deps.changeSlots.execute({
        requestId,
        next: (slots, at) => {
          // It is another one than the one that was looked at.
          if (slots.fallback?.engine.engineId !== wanted.engineId) throw changedMeanwhile();
          return swapped(slots, at, null);
        },
        event: (change) => rolledBackEvent({ ...change, by: requestedBy }, { reason, automatic: false }),
      }),
    );
  }

  /** The live engine failed again and again. Once per failing engine, however many processes saw it. */
  async rollBack(failing: { engineId: string; reason: string }): Promise<RollBackOutcome> {
    const { engineId, reason } = failing;
    const known = await this.deps.readSlots.execute();
    const expected = mayRollBack(known, engineId);
    // The whole file is read only for something that may happen.
    if (expected !== 'rolled-back') return expected;
    try {
      if ((await this.#fallbackThatIsWhole(known)) === null) return 'no-fallback';
    } catch (error) {
      if (isAppError(error) && error.kind === 'permanent') return 'no-fallback';
      throw error;
    }
    let outcome: RollBackOutcome = 'rolled-back';
    await this.deps.changeSlots.execute({
      next: (slots, at) => {
        outcome = mayRollBack(slots, engineId);
        return outcome === 'rolled-back' ? swapped(slots, at, reason) : null;
      },
      event: (change) => rolledBackEvent({ ...change, by: SYSTEM }, { reason, automatic: true }),
    });
    return outcome;
  }

  async #fallbackThatIsWhole({ fallback }: Slots): Promise<EngineRef | null> {
    const { uow, sessions, readFiles } = this.deps;
    const engine = fallback?.engine ?? null;
    if (engine === null || engine.kind === 'builtin') return engine;
    const session = await uow.read((tx) => sessions.find(tx, engine.engineId));
    if (session === null) return null;
    await readFiles.execute(session);
    return engine;
  }
}

/** An engine that was taken out for its failures is not put back by the failures of another one. */
function mayRollBack({ live, fallback }: Slots, failingEngineId: string): RollBackOutcome {
  if (live.engine.engineId !== failingEngineId) return 'not-live';
  return fallback === null || fallback.failure !== null ? 'no-fallback' : 'rolled-back';
}

function noFallback(): AppError {
  return AppError.permanent('fallback-not-found', 'there is no engine to fall back to');
}

function changedMeanwhile(): AppError {
  return AppError.transient('version-conflict', 'the engines were changed meanwhile; try again');
}
