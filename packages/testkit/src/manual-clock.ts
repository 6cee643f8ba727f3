import { Clock, SystemClock } from '@spotopt/kernel';

const REAL_TIME = new SystemClock();
const REAL_PAUSE_MS = 15;

interface Sleeper {
  readonly wakeAtMs: number;
  readonly wake: () => void;
}

/** Lets everything run that can run without time or I/O. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Time that stands still until a test moves it. */
export class ManualClock extends Clock {
  #nowMs: number;
  #sleepers: Sleeper[] = [];

  constructor(start: Date | number = new Date('2026-11-21T12:00:00.000Z')) {
    super();
    this.#nowMs = typeof start === 'number' ? start : start.getTime();
  }

  override nowMs(): number {
    return this.#nowMs;
  }

  override sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (durationMs <= 0 || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { wakeAtMs: this.#nowMs + durationMs, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** Sleepers at this moment. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /**
   * Moves time on, waking each sleeper at its own time and in order, and lets what it woke run (and sleep
   * again) before the next one. Work that waits for I/O is not waited for: use `advanceUntil`.
   */
  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    await settled();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.wakeAtMs);
      next.wake();
      await settled();
    }
    this.#nowMs = untilMs;
    await settled();
  }

  /** Moves time on in steps, with a moment of real time between them, until the condition holds. */
  async advanceUntil(
    condition: () => boolean | Promise<boolean>,
    options: { readonly stepMs?: number; readonly limitMs?: number; readonly what?: string } = {},
  ): Promise<void> {
    const { stepMs = 1_000, limitMs = 3_600_000, what = 'the condition' } = options;
    const limitAtMs = this.#nowMs + limitMs;
    while (!(await condition())) {
      if (this.#nowMs >= limitAtMs) throw new Error(`${what} did not come within ${String(limitMs)} ms`);
      await this.advance(stepMs);
      // Whatever works on a real database or broker needs real time between the steps.
      await REAL_TIME.sleep(REAL_PAUSE_MS);
    }
  }

  #next(untilMs: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.wakeAtMs > untilMs) continue;
      if (first === undefined || sleeper.wakeAtMs < first.wakeAtMs) first = sleeper;
    }
    return first;
  }
}
