import { backoffMs } from './backoff.js';
import type { Clock } from './clock.js';

export interface PeriodicTaskSettings {
  readonly name: string;
  readonly intervalMs: number;
  /** Wait before the first run. @default 0 */
  readonly firstAfterMs?: number;
  /** Called for each failed run; the task goes on with a growing delay. */
  readonly onError: (error: unknown, failuresInARow: number) => void;
  /** Longest delay after repeated failures. @default 10 intervals */
  readonly maxDelayMs?: number;
  /** @default Math.random */
  readonly random?: () => number;
}

/**
 * A loop on the given clock: runs `work`, waits, runs again; a failure backs off with jitter and never
 * ends the loop. `stop()` waits for the run that is under way.
 */
export class PeriodicTask {
  readonly #abort = new AbortController();
  #nudge = new AbortController();
  #done: Promise<void> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly settings: PeriodicTaskSettings,
    private readonly work: (signal: AbortSignal) => Promise<void>,
  ) {}

  start(): this {
    this.#done ??= this.#run();
    return this;
  }

  /** Ends the present wait, so that the next run begins at once. */
  nudge(): void {
    this.#nudge.abort();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#nudge.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { settings } = this;
    const random = settings.random ?? Math.random;
    const maxMs = settings.maxDelayMs ?? settings.intervalMs * 10;
    let failures = 0;
    await this.#sleep(settings.firstAfterMs ?? 0);
    while (!this.#abort.signal.aborted) {
      try {
        await this.work(this.#abort.signal);
        failures = 0;
      } catch (error) {
        failures += 1;
        settings.onError(error, failures);
      }
      if (this.#abort.signal.aborted) return;
      await this.#sleep(
        failures === 0
          ? settings.intervalMs
          : backoffMs(failures, { initialMs: settings.intervalMs, maxMs }, random()),
      );
    }
  }

  async #sleep(durationMs: number): Promise<void> {
    if (durationMs <= 0) return;
    const signal = this.#nudge.signal;
    await this.clock.sleep(durationMs, signal);
    if (signal.aborted) this.#nudge = new AbortController();
    if (this.#abort.signal.aborted) this.#nudge.abort();
  }
}
