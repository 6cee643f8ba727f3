import { performance } from 'node:perf_hooks';
import { setImmediate as othersHadTheirTurn } from 'node:timers/promises';
import type { BacktestResult } from '@spotopt/contracts';
import { AppError, type Clock, hasCode, isAppError, type UnitOfWork } from '@spotopt/kernel';
import type { QueueRun } from '../queue/queue-runner.js';
import type { EngineRunner } from '../runtime/ports.js';
import { entriesOf, type KnownEngines } from './engine-choice.js';
import type { LoadHistory } from './load-history.js';
import type { Backtest, BacktestChange, BacktestStore } from './ports.js';
import { runBacktest } from './run-backtest.js';

export interface RunQueuedDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly backtests: BacktestStore;
  readonly engines: KnownEngines;
  readonly loadHistory: Pick<LoadHistory, 'execute'>;
  /** Real time for one backtest. @default 30 min */
  readonly runMs?: number;
}

/** As long as a request of somebody else may have to wait for a replay. */
const SLICE_MS = 2;
const SAVE_EVERY_MS = 1_000;
/** One backtest runs at a time: nobody's slow engine keeps the others waiting for longer. */
const RUN_MS = 30 * 60_000;
/** A backtest that ends its process is not begun for ever. */
const MAX_ATTEMPTS = 3;

/** Runs what is queued, the oldest first, until nothing is left. */
export class RunQueued {
  constructor(private readonly deps: RunQueuedDeps) {}

  async execute(run: QueueRun): Promise<void> {
    while (!run.signal.aborted) {
      const backtest = await this.#claim(run);
      if (backtest === null) return;
      if (backtest.state === 'running') await this.#run(backtest, run);
    }
  }

  /** One that runs already belonged to a process that is gone: it is begun again, and comes to the same. */
  #claim(run: QueueRun): Promise<Backtest | null> {
    const { uow, clock, backtests } = this.deps;
    return uow.run(async (tx) => {
      await run.guard(tx);
      const next = await backtests.nextOpen(tx);
      if (next === null) return null;
      const { backtestId, state, attempts } = next;
      const change: BacktestChange =
        attempts < MAX_ATTEMPTS
          ? { state: 'running', attempts: attempts + 1, progress: 0, startedAt: clock.now() }
          : { state: 'failed', finishedAt: clock.now(), error: givenUp(next) };
      const isClaimed = await backtests.change(tx, { backtestId, state, attempts }, change);
      return isClaimed ? { ...next, ...change } : { ...next, state: 'cancelled' };
    });
  }

  async #run(backtest: Backtest, run: QueueRun): Promise<void> {
    const pace = new Pace(this.deps.runMs ?? RUN_MS, run.signal, (progress) =>
      this.#save(backtest, run, { progress }),
    );
    try {
      const result = await this.#play(backtest, pace);
      await this.#save(backtest, run, { state: 'completed', progress: 1, result, error: null });
    } catch (error) {
      if (run.signal.aborted || hasCode(error, 'lease-lost')) return this.#giveBack(backtest);
      if (hasCode(error, 'backtest-cancelled')) return;
      await this.#fail(backtest, run, error);
    }
  }

  async #play(backtest: Backtest, pace: Pace): Promise<BacktestResult> {
    const { engines, loadHistory } = this.deps;
    const { request, imported } = backtest;
    const opened: EngineRunner[] = [];
    const runnerOf = async (name: string): Promise<EngineRunner | null> => {
      const runner = await (engines.openApart ?? engines.runnerOf)(name);
      if (runner !== null) opened.push(runner);
      return runner;
    };
    try {
      const entries = await entriesOf(request.engines, { ...engines, runnerOf });
      const { scenario, notes } = await loadHistory.execute(backtest, pace.takeTurn);
      const { downtimeUsdPerMinute } = request;
      const source = imported ? 'imported' : 'stored';
      return await runBacktest(scenario, entries, { source, downtimeUsdPerMinute, notes }, pace);
    } finally {
      if (engines.openApart !== undefined) await Promise.all(opened.map((runner) => runner.close()));
    }
  }

  /** What may be over soon is tried again; everything else is said to whoever asked. */
  async #fail(backtest: Backtest, run: QueueRun, error: unknown): Promise<void> {
    const known = isAppError(error) && error.kind !== 'bug';
    const message = error instanceof Error ? error.message : String(error);
    const isTransient = isAppError(error) && error.kind === 'transient';
    if (isTransient && backtest.attempts < MAX_ATTEMPTS) {
      await this.#save(backtest, run, { state: 'queued', error: message });
      throw error;
    }
    await this.#save(backtest, run, {
      state: 'failed',
      error: known ? message : `a fault of the program: ${message}`,
    });
    if (!known) throw error;
  }

  async #save(backtest: Backtest, run: QueueRun, change: BacktestChange): Promise<void> {
    const { uow, clock, backtests } = this.deps;
    const isFinished = change.state === 'completed' || change.state === 'failed';
    const saved = await uow.run(async (tx) => {
      await run.guard(tx);
      const { backtestId, attempts } = backtest;
      return backtests.change(
        tx,
        { backtestId, state: 'running', attempts },
        { ...change, ...(isFinished ? { finishedAt: clock.now() } : {}) },
      );
    });
    if (!saved) throw AppError.permanent('backtest-cancelled', 'the backtest was cancelled');
  }

  /** Stopped in order: that was no failed attempt. */
  async #giveBack({ backtestId, attempts }: Backtest): Promise<void> {
    const { uow, backtests } = this.deps;
    await uow.run((tx) =>
      backtests.change(
        tx,
        { backtestId, state: 'running', attempts },
        { state: 'queued', attempts: attempts - 1, progress: 0 },
      ),
    );
  }
}

function givenUp({ error }: Backtest): string {
  const why = error === null ? 'the process that ran it ended each time' : `the last time: ${error}`;
  return `given up after ${String(MAX_ATTEMPTS)} attempts; ${why}. A shorter window may help.`;
}

function tooSlow(progress: number, runMs: number): AppError {
  const [percent, minutes] = [Math.floor(100 * progress), Math.round(runMs / 60_000)].map(String);
  return AppError.permanent(
    'backtest-too-slow',
    `ended at ${percent ?? ''} % after ${minutes ?? ''} min: choose a shorter window, a longer step, or engines that answer faster`,
  );
}

/** Shares the thread with everybody else, and keeps the progress. */
class Pace {
  #progress = 0;
  #sliceFromMs = performance.now();
  #savedAtMs = performance.now();
  readonly #endAtMs: number;

  constructor(
    private readonly runMs: number,
    private readonly signal: AbortSignal,
    private readonly save: (progress: number) => Promise<void>,
  ) {
    this.#endAtMs = performance.now() + runMs;
  }

  readonly onProgress = (share: number): void => {
    this.#progress = share;
  };

  readonly takeTurn = (): Promise<void> | undefined => {
    return performance.now() - this.#sliceFromMs < SLICE_MS ? undefined : this.#letOthers();
  };

  async #letOthers(): Promise<void> {
    await othersHadTheirTurn();
    this.signal.throwIfAborted();
    if (performance.now() > this.#endAtMs) throw tooSlow(this.#progress, this.runMs);
    if (performance.now() - this.#savedAtMs >= SAVE_EVERY_MS) {
      await this.save(this.#progress);
      this.#savedAtMs = performance.now();
    }
    this.#sliceFromMs = performance.now();
  }
}
