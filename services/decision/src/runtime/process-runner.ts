import { AppError, type Clock, backoffMs, toAppError } from '@spotopt/kernel';
import type { Observation, Proposal } from '../engine/ports.js';
import type { EngineDriver } from './engine-driver.js';
import { engineError } from './engine-errors.js';
import { EngineFailed, type EngineFailure, type EngineIncident } from './engine-failure.js';
import type { EngineLimits } from './engine-limits.js';
import { EngineProcess, type Patience } from './engine-process.js';
import type { EngineRef, EngineRunner } from './ports.js';
import { type EngineTurns, Turns } from './turns.js';
import type { WarmProcesses } from './warm-processes.js';

/** A process with the least priority is renewed sooner: the new one has the usual priority again. */
const ANSWERS_WHEN_SLOW = 100;
/** Upper half of the jitter: an engine's pause is the same each time, and no two engines share a resource. */
const NO_JITTER = 1;

/** Most starts take a few hundred milliseconds; one that takes much longer does so at the cost of others. */
const SLOW_START_MS = 2_000;
/** The first answer of a process compiles what the later ones find compiled. */
const FIRST_ANSWER = 5;

/** @param proven nothing speaks against it yet, so that a new process of it is worth a processor for a moment */
export function startPatience({ startMs, startSlowMs }: EngineLimits, proven = false): Patience {
  return { timeoutMs: startMs, slowMs: proven ? SLOW_START_MS : startSlowMs, slowFor: 'this-answer' };
}

/** One that never answered yet gets no more than the first moments of a processor to itself. */
export function trialPatience({ slowMs }: EngineLimits, timeoutMs: number): Patience {
  return { timeoutMs, slowMs, slowFor: 'this-answer' };
}

export interface RunnerContext {
  /** Real time. */
  readonly clock: Clock;
  readonly limits: EngineLimits;
  readonly turns: EngineTurns;
  readonly warm: WarmProcesses;
  readonly onIncident: (incident: EngineIncident) => void;
}

/**
 * An engine in a process of its own, kept warm between answers. Any failure ends the process; the next call starts
 * another one, and an engine that fails again and again is left alone for longer and longer.
 */
export class ProcessRunner implements EngineRunner {
  readonly #lane = new Turns(1);
  #process: EngineProcess | null = null;
  #answers = 0;
  #busy = false;
  #staysWarm = false;
  #starting = false;
  #closed = false;
  #failures = 0;
  /** It gave a good answer at least once. */
  #proven = false;
  /** A start that failed when nobody waited for it any more; whoever asks next is told. */
  #untold: unknown = null;
  #last: {
    readonly failure: EngineFailure;
    readonly livedMs: number;
    readonly pausedUntilMs: number;
  } | null = null;

  constructor(
    readonly ref: EngineRef,
    private readonly driver: EngineDriver,
    private readonly context: RunnerContext,
    private readonly onClosed: () => void = () => undefined,
  ) {}

  /**
   * `timeoutMs` is first the longest wait for the calls before, a turn and a start, then the time to answer. A start
   * that takes longer goes on for the next call.
   */
  async propose(observation: Observation, timeoutMs: number): Promise<Proposal> {
    // Before anything that costs more: an engine that is left alone may be asked often.
    this.#refuseWhatFailed();
    const patience = AbortSignal.timeout(timeoutMs);
    if (!(await this.#lane.take(patience)))
      throw this.#starting ? this.#tooEarly(timeoutMs) : busy(timeoutMs);
    let release: ((restMs: number) => void) | null = null;
    const end = (): void => {
      this.#busy = false;
      release?.(this.#restMs());
      this.#lane.release();
    };
    let left = false;
    try {
      this.#refuseWhatFailed();
      await this.#renew();
      release = await this.context.turns.take(this.#process?.alive !== true, patience);
      if (release === null) throw busy(timeoutMs);
      this.#busy = true;
      const starting = this.#ready();
      const process = await before(starting, patience);
      left = process === null;
      if (process === null) {
        void this.#startForTheNext(starting, end);
        throw this.#tooEarly(timeoutMs);
      }
      return await this.#answer(process, observation, timeoutMs);
    } finally {
      if (!left) end();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.context.warm.forget(this);
    this.onClosed();
    await this.#process?.kill();
    this.#process = null;
  }

  stayWarm(wanted: boolean): void {
    this.#staysWarm = wanted;
  }

  /** Gives the memory back while nobody asks; answers false when it is computing, and when it must be at hand. */
  rest(): boolean {
    if (this.#busy || this.#staysWarm) return false;
    void this.#process?.kill();
    this.#process = null;
    return true;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  async #answer(process: EngineProcess, observation: Observation, timeoutMs: number): Promise<Proposal> {
    try {
      const { body } = await process.ask(this.driver.ask(observation, timeoutMs), this.#patience(timeoutMs));
      const proposal = this.driver.read(body, observation);
      this.#countAnswer(process);
      this.#proven = true;
      process.trust();
      this.#failures = 0;
      this.#last = null;
      return proposal;
    } catch (error) {
      throw await this.#failed(error, 'propose');
    }
  }

  #countAnswer({ demoted }: EngineProcess): void {
    const { answersPerProcess } = this.context.limits;
    this.#answers += demoted ? Math.max(1, answersPerProcess / ANSWERS_WHEN_SLOW) : 1;
  }

  /** Before the turn is taken: what comes next is a start like any other. */
  async #renew(): Promise<void> {
    if (this.#answers < this.context.limits.answersPerProcess) return;
    const worn = this.#process;
    this.#process = null;
    this.#answers = 0;
    await worn?.kill();
  }

  async #ready(): Promise<EngineProcess> {
    if (this.#closed) throw AppError.bug('engine-closed', `${this.ref.name} was closed`);
    this.context.warm.use(this);
    if (this.#process?.alive === true) return this.#process;
    const { limits, clock } = this.context;
    this.#answers = 0;
    const process = new EngineProcess(this.driver.process, clock);
    this.#process = process;
    this.#starting = true;
    try {
      await process.ask(
        this.driver.start(),
        startPatience(limits, this.#failures === 0 || this.#isTrusted()),
      );
      return process;
    } catch (error) {
      throw await this.#failed(error, 'start');
    } finally {
      this.#starting = false;
    }
  }

  /** Whoever asked has gone; the turn is kept until the start is over. */
  async #startForTheNext(starting: Promise<EngineProcess>, end: () => void): Promise<void> {
    try {
      await starting;
    } catch (error) {
      this.#untold = error;
    } finally {
      end();
    }
  }

  #tooEarly(timeoutMs: number): AppError {
    const message = `${this.ref.name} was not ready within ${String(timeoutMs)} ms; its start goes on`;
    return AppError.transient('engine-starting', message);
  }

  /** Once it failed again after a failure, it starts from scratch. */
  #isTrusted(): boolean {
    return this.#proven && this.#failures < 2;
  }

  #patience(timeoutMs: number): Patience {
    const { limits } = this.context;
    if (!this.#isTrusted()) return trialPatience(limits, timeoutMs);
    const slowMs = limits.slowMs * (this.#answers === 0 ? FIRST_ANSWER : 1);
    return { timeoutMs, slowMs, slowFor: 'good' };
  }

  /** After a failure as long as the process lived, if that is not too long. */
  #restMs(): number {
    return this.#last === null ? 0 : Math.min(this.context.limits.restMs, this.#last.livedMs);
  }

  /** What nobody was told of yet counts as a failure of this call; a pause is only the echo of earlier ones. */
  #refuseWhatFailed(): void {
    const untold = this.#untold;
    this.#untold = null;
    if (untold !== null) throw toAppError(untold);
    const leftMs = (this.#last?.pausedUntilMs ?? 0) - this.context.clock.nowMs();
    if (this.#last === null || leftMs <= 0) return;
    const { code, message, limit, reason } = this.#last.failure;
    throw AppError.transient(
      'engine-paused',
      `not started after ${String(this.#failures)} failures in a row, the last: ${message}`,
      { retryAfterMs: leftMs, details: { code, limit, reason, failures: this.#failures, paused: true } },
    );
  }

  async #failed(error: unknown, phase: EngineIncident['phase']): Promise<AppError> {
    return error instanceof EngineFailed ? this.#fail(error.failure, phase) : toAppError(error);
  }

  async #fail(failure: EngineFailure, phase: EngineIncident['phase']): Promise<AppError> {
    const { clock, limits, onIncident } = this.context;
    const process = this.#process;
    this.#process = null;
    await process?.kill();
    this.#failures += 1;
    const pause = { initialMs: limits.pauseMs, maxMs: limits.maxPauseMs };
    const pauseMs = this.#failures < 2 ? 0 : backoffMs(this.#failures - 1, pause, NO_JITTER);
    const nowMs = clock.nowMs();
    const { engineId, kind, name, version } = this.ref;
    const record = { phase, pid: process?.pid ?? null, peakMb: process?.peakMb ?? null, pauseMs };
    const livedMs = process === null ? 0 : nowMs - process.startedAtMs;
    this.#last = { failure, livedMs, pausedUntilMs: nowMs + pauseMs };
    const incident = {
      ...failure,
      engineId,
      kind,
      name,
      version,
      ...record,
      livedMs,
      failures: this.#failures,
    };
    // Of one that was closed the end of its process is no failure.
    if (!this.#closed) onIncident(incident);
    return engineError(failure, { ...record, livedMs, failures: this.#failures }, pauseMs);
  }
}

/** Null when `signal` was aborted first. */
function before<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    promise.then(resolve, reject);
    const giveUp = (): void => {
      resolve(null);
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

function busy(timeoutMs: number): AppError {
  const message = `other calls computed; its turn did not come within ${String(timeoutMs)} ms`;
  return AppError.transient('engine-busy', message);
}
