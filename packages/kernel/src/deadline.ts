import { AppError } from './app-error.js';
import type { Clock } from './clock.js';

/** A point in time until which work is useful. */
export class Deadline {
  private constructor(
    private readonly clock: Clock,
    readonly atMs: number,
  ) {}

  static at(clock: Clock, atMs: number): Deadline {
    return new Deadline(clock, atMs);
  }

  static after(clock: Clock, durationMs: number): Deadline {
    return new Deadline(clock, clock.nowMs() + durationMs);
  }

  remainingMs(): number {
    return Math.max(0, this.atMs - this.clock.nowMs());
  }

  hasPassed(): boolean {
    return this.clock.nowMs() >= this.atMs;
  }

  /**
   * The result of `work`, or a transient `deadline-exceeded` when the deadline passes first.
   * The work itself is not stopped: pass it `signal` if it can be.
   */
  async race<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const finished = new AbortController();
    const expired = new AbortController();
    const timeout = this.clock.sleep(this.remainingMs(), finished.signal).then(() => {
      if (finished.signal.aborted) return new Promise<never>(() => undefined);
      expired.abort();
      throw AppError.transient('deadline-exceeded', `${what} did not finish in time`);
    });
    try {
      return await Promise.race([work(expired.signal), timeout]);
    } finally {
      finished.abort();
    }
  }
}
