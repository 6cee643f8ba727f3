import type { Clock } from '@spotopt/kernel';

interface Due {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: (atMs: number) => void;
}

/** Longest single wait; keeps timers inside what the runtime can count. */
const LONGEST_WAIT_MS = 6 * 3_600_000;

/**
 * What will happen at which time of the clock. Entries run in time order, each with the time it was due, so
 * that the outcome does not depend on how late the loop or a reader gets to them.
 */
export class Schedule {
  readonly #entries: Due[] = [];
  readonly #abort = new AbortController();
  #wake = new AbortController();
  #sequence = 0;
  #running = false;
  #loop: Promise<void> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Runs `run` once at `atMs`, or at the next look when that is past. */
  at(atMs: number, run: (atMs: number) => void): void {
    const entry = { atMs, sequence: (this.#sequence += 1), run };
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#entries[middle];
      if (other !== undefined && other.atMs <= atMs) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
    if (low === 0) this.#wake.abort();
  }

  /** Runs everything that is due; readers call it first, so that they never see a stale state. */
  runDue(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      for (;;) {
        const next = this.#entries[0];
        if (next === undefined || next.atMs > this.clock.nowMs()) return;
        this.#entries.shift();
        this.#runOne(next);
      }
    } finally {
      this.#running = false;
    }
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake.abort();
    await this.#loop;
  }

  #runOne(due: Due): void {
    try {
      due.run(due.atMs);
    } catch (error) {
      this.onError(error);
    }
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      this.#wake = new AbortController();
      this.runDue();
      const next = this.#entries[0];
      const waitMs = next === undefined ? LONGEST_WAIT_MS : next.atMs - this.clock.nowMs();
      await this.clock.sleep(Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS), this.#wake.signal);
    }
  }
}
