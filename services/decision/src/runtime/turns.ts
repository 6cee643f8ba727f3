import type { Clock } from '@spotopt/kernel';

/** A bounded number of turns, given in the order in which they were asked for. */
export class Turns {
  #free: number;
  readonly #waiting: { readonly start: () => void; readonly signal: AbortSignal }[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  /** Answers false when `signal` was aborted before a turn was free; else `release` must follow. */
  async take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#free > 0) {
      this.#free -= 1;
      return true;
    }
    return new Promise((resolve) => {
      const entry = {
        signal,
        start: () => {
          resolve(true);
        },
      };
      this.#waiting.push(entry);
      signal.addEventListener(
        'abort',
        () => {
          const index = this.#waiting.indexOf(entry);
          if (index < 0) return;
          this.#waiting.splice(index, 1);
          resolve(false);
        },
        { once: true },
      );
    });
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next.start();
  }
}

/** Turns of engines: of those that have no warm process, one at a time, so that failing ones cannot take every turn. */
export class EngineTurns {
  readonly #all: Turns;
  readonly #cold = new Turns(1);

  constructor(
    concurrency: number,
    private readonly clock: Clock,
  ) {
    this.#all = new Turns(concurrency);
  }

  /**
   * What gives the turn back, or null when `signal` was aborted before there was one. The next engine without a warm
   * process starts `restMs` later.
   */
  async take(cold: boolean, signal: AbortSignal): Promise<((restMs: number) => void) | null> {
    if (cold && !(await this.#cold.take(signal))) return null;
    const taken = await this.#all.take(signal);
    if (!taken && cold) this.#cold.release();
    if (!taken) return null;
    return (restMs) => {
      this.#all.release();
      if (cold) void this.#releaseCold(restMs);
    };
  }

  async #releaseCold(restMs: number): Promise<void> {
    if (restMs > 0) await this.clock.sleep(restMs);
    this.#cold.release();
  }
}
