import { AppError, isAppError, SystemClock } from '@spotopt/kernel';
import type { Observation, Proposal } from '../engine/ports.js';
import { ENGINE_FAILURE_CODES } from '../runtime/engine-failure.js';
import type { EngineRef, EngineRunner } from '../runtime/ports.js';

export interface LazyRunnerDeps {
  readonly open: (ref: EngineRef) => Promise<EngineRunner>;
  /** Failures to open that somebody was told of; the same one is not another failure of the engine. */
  readonly told: WeakSet<object>;
  readonly onError: (error: unknown, what: string) => void;
}

/** Engines run on real time, also where the time of the service is simulated. */
const REAL_TIME = new SystemClock();
/** Codes of what an engine itself did. */
const ITS_FAULT: ReadonlySet<string> = new Set(ENGINE_FAILURE_CODES);

/** An engine that is opened when it is asked, and that fails like one that answers wrongly when it cannot be opened. */
export class LazyRunner implements EngineRunner {
  constructor(
    readonly ref: EngineRef,
    private readonly deps: LazyRunnerDeps,
  ) {}

  /**
   * Waits no longer for the engine to be opened than for its answer.
   * @throws AppError `engine-starting` when it is still being opened, `engine-not-open` when it could not be and that
   *   is not its fault or was said before (both transient), and whatever the engine throws
   */
  async propose(observation: Observation, timeoutMs: number): Promise<Proposal> {
    const engine = await this.#opened(timeoutMs);
    return engine.propose(observation, timeoutMs);
  }

  /** It belongs to whoever opened it. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #opened(timeoutMs: number): Promise<EngineRunner> {
    const message = `${this.ref.name} was not open within ${String(timeoutMs)} ms; it is still being opened`;
    const late = AppError.transient('engine-starting', message);
    const opened = new AbortController();
    const limit = REAL_TIME.sleep(timeoutMs, opened.signal).then(() => {
      throw late;
    });
    limit.catch(() => undefined);
    try {
      return await Promise.race([this.deps.open(this.ref), limit]);
    } catch (error) {
      // What fails after that is for the next one who asks.
      throw error === late ? late : this.#refusal(error);
    } finally {
      opened.abort();
    }
  }

  #refusal(error: unknown): AppError {
    const { ref, deps } = this;
    if (error instanceof Error && !deps.told.has(error)) {
      deps.onError(error, `engine ${ref.engineId} could not be opened`);
      deps.told.add(error);
      if (isAppError(error) && (error.kind !== 'transient' || ITS_FAULT.has(error.code))) return error;
    }
    const why = error instanceof Error ? error.message : String(error);
    return AppError.transient('engine-not-open', `${ref.name} is not open: ${why}`, { cause: error });
  }
}
