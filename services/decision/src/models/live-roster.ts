import { AppError, isAppError } from '@spotopt/kernel';
import { type EngineFailure, EngineRoster } from '../decide/ports.js';
import type { EngineRef, EngineRunner } from '../runtime/ports.js';
import type { BuiltinEngines } from './builtin-engines.js';
import type { FallBack } from './fall-back.js';
import { LazyRunner } from './lazy-runner.js';
import type { CurrentEngines, LiveEngines } from './ports.js';

export interface LiveRosterDeps {
  readonly engines: LiveEngines;
  readonly builtins: BuiltinEngines;
  /** Engines that the settings put in shadow. */
  readonly beside: readonly EngineRunner[];
  readonly fallBack: Pick<FallBack, 'rollBack'>;
  readonly onError: (error: unknown, what: string) => void;
}

/** What others did to it, what is not over yet, and what only repeats a failure that was counted. */
const NOT_ITS_FAULT: ReadonlySet<string> = new Set([
  ...['engine-busy', 'engine-retired', 'engines-closed'],
  ...['engine-starting', 'engine-not-open', 'engine-paused'],
]);
/** Failures in a row after which an engine is taken out. */
const PATIENCE = 3;

/** Who decides, as the registry has it; an engine that keeps failing is replaced by its fallback. */
export class LiveRoster extends EngineRoster {
  readonly #failuresInARow = new Map<string, number>();
  readonly #told = new WeakSet<object>();

  constructor(private readonly deps: LiveRosterDeps) {
    super();
  }

  override async inCharge(): Promise<readonly EngineRunner[]> {
    const { live, fallback } = await this.#current();
    const refs = fallback === null ? [live] : [live, fallback];
    return refs.map((ref) => this.#lazily(ref));
  }

  override async shadows(): Promise<readonly EngineRunner[]> {
    const { live, shadows } = await this.#current();
    // Nobody waits for what they say, so that they are given the time to start.
    await Promise.allSettled(shadows.map((ref) => this.deps.engines.runnerOf(ref)));
    const chosen = shadows.map((ref) => this.#lazily(ref));
    const known = new Set([live, ...shadows].map(({ engineId }) => engineId));
    return [...chosen, ...this.deps.beside.filter(({ ref }) => !known.has(ref.engineId))];
  }

  override async find(ref: EngineRef): Promise<EngineRunner> {
    const builtin = this.deps.builtins.find(ref.engineId);
    if (builtin !== undefined && builtin.ref.version === ref.version) return builtin;
    if (ref.kind !== 'builtin') {
      try {
        return await this.deps.engines.openApart(ref);
      } catch (error) {
        if (isAppError(error) && error.kind === 'transient') throw error;
        throw gone(ref, error);
      }
    }
    throw gone(ref);
  }

  override async report(engine: EngineRef, failure: EngineFailure | null): Promise<void> {
    const { engineId } = engine;
    if (failure === null) {
      this.#failuresInARow.delete(engineId);
      return;
    }
    if (NOT_ITS_FAULT.has(failure.code)) return;
    const failures = (this.#failuresInARow.get(engineId) ?? 0) + 1;
    this.#failuresInARow.set(engineId, failures);
    if (failures < PATIENCE) return;
    this.#failuresInARow.delete(engineId);
    const reason = `engine failed ${String(PATIENCE)} times in a row: ${failure.code}: ${failure.message}`;
    try {
      await this.deps.fallBack.rollBack({ engineId, reason: reason.slice(0, 500) });
    } catch (error) {
      this.deps.onError(error, `engine ${engineId} keeps failing and could not be replaced`);
    }
  }

  /** Without the registry nobody knows better than the program itself. */
  async #current(): Promise<Omit<CurrentEngines, 'revision'>> {
    const { engines, builtins, onError } = this.deps;
    try {
      return await engines.current();
    } catch (error) {
      onError(error, 'who decides could not be read; the built-in engines do');
      return { live: builtins.first, fallback: builtins.second, shadows: [] };
    }
  }

  #lazily(ref: EngineRef): EngineRunner {
    const { builtins, engines, onError } = this.deps;
    const open = (wanted: EngineRef): Promise<EngineRunner> => engines.runnerOf(wanted);
    return builtins.find(ref.engineId) ?? new LazyRunner(ref, { open, told: this.#told, onError });
  }
}

function gone({ name, version }: EngineRef, cause?: unknown): AppError {
  return AppError.permanent('engine-gone', `${name} ${version} is not kept any more`, { cause });
}
