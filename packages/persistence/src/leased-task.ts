import { PeriodicTask, SystemClock, type Clock } from '@spotopt/kernel';
import type { Lease, Leases } from './leases.js';
import type { PersistenceLogger } from './open-database.js';

export interface LeasedTaskSettings {
  readonly name: string;
  /** Between two runs, in time of `clock`. */
  readonly intervalMs: number;
  /** Before the first run, in time of `clock`. @default 0 */
  readonly firstAfterMs?: number;
  readonly clock: Clock;
  readonly leases: Leases;
  readonly random: () => number;
  readonly logger?: PersistenceLogger;
  /** Real time after which another process takes over from one that stopped. @default 15 s */
  readonly leaseTtlMs?: number;
}

export interface LeasedRun {
  /** `lease.guard(tx)` refuses the writes of a process that was paused for too long. */
  readonly lease: Lease;
  /** Aborted when the task is stopped or the lease is lost. */
  readonly signal: AbortSignal;
}

/**
 * A periodic job that runs in one process at a time: the one that holds the lease of the same name. All
 * others stand by, and one of them runs the job at once when it takes over.
 */
export class LeasedTask {
  readonly #keeper: PeriodicTask;
  readonly #loop: PeriodicTask;
  readonly #ttlMs: number;
  #lease: Lease | null = null;
  #lost = new AbortController();

  constructor(
    private readonly settings: LeasedTaskSettings,
    private readonly work: (run: LeasedRun) => Promise<void>,
  ) {
    const { name, clock, intervalMs, firstAfterMs = 0, random, logger } = settings;
    this.#ttlMs = settings.leaseTtlMs ?? 15_000;
    const failed = (what: string) => (error: unknown, failuresInARow: number) => {
      logger?.error({ err: error, task: name, failuresInARow }, `${what} failed and is tried again`);
    };
    this.#loop = new PeriodicTask(
      clock,
      { name, intervalMs, firstAfterMs, random, onError: failed('job') },
      (signal) => this.#runOnce(signal),
    );
    const intervalOfKeeper = this.#ttlMs / 3;
    this.#keeper = new PeriodicTask(
      new SystemClock(),
      {
        name: `${name}-lease`,
        intervalMs: intervalOfKeeper,
        maxDelayMs: intervalOfKeeper,
        random,
        onError: failed('keeping the lease'),
      },
      () => this.#keep(),
    );
  }

  start(): this {
    this.#keeper.start();
    this.#loop.start();
    return this;
  }

  /** Runs the job at once, where the lease is held. */
  nudge(): void {
    this.#loop.nudge();
  }

  holdsLease(): boolean {
    return this.#lease?.isValid() === true;
  }

  /** Waits for the run under way and lets another process take over. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#keeper.stop();
    const lease = this.#lease;
    this.#drop();
    if (lease === null) return;
    try {
      await lease.release();
    } catch (error) {
      // It expires by itself.
      this.settings.logger?.warn({ err: error, task: this.settings.name }, 'the lease was not given back');
    }
  }

  async #keep(): Promise<void> {
    const lease = this.#lease;
    if (lease !== null) {
      try {
        if (await lease.renew()) return;
      } catch (error) {
        if (!lease.isValid()) this.#drop();
        throw error;
      }
      this.#drop();
    }
    this.#lease = await this.settings.leases.acquire(this.settings.name, this.#ttlMs);
    if (this.#lease === null) return;
    this.#lost = new AbortController();
    this.#loop.nudge();
  }

  #drop(): void {
    this.#lease = null;
    this.#lost.abort();
  }

  async #runOnce(stopped: AbortSignal): Promise<void> {
    const lease = this.#lease;
    if (lease?.isValid() !== true) return;
    await this.work({ lease, signal: AbortSignal.any([stopped, this.#lost.signal]) });
  }
}
