import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Clock, PeriodicTask, SystemClock, type UnitOfWork } from '@spotopt/kernel';
import { LeasedTask, type Leases } from '@spotopt/persistence';
import type { Logger } from '@spotopt/platform';
import type { TrackFailover } from './incident/index.js';
import type { TakeNotices } from './notices/index.js';
import type { PriceStore } from './risk/index.js';

export interface WatchParts {
  readonly clock: Clock;
  readonly leases: Leases;
  readonly logger: Logger;
  readonly random: () => number;
  readonly uow: UnitOfWork;
  readonly track: TrackFailover;
  readonly prices: PriceStore;
  /** Null without a queue of cloud notices. */
  readonly take: TakeNotices | null;
}

const SWEEP_MS = 5_000;
const SWEEP_REAL_FLOOR_MS = 250;
const PRUNE_MS = 6 * 60 * 60_000;
const KEEP_PRICES_MS = 3 * 24 * 60 * 60_000;
/** Between two long polls, and the first delay after a failed one. */
const POLL_PAUSE_MS = 50;
const POLL_MAX_DELAY_MS = 5_000;

/** Listens to the cloud's queue, repeats what was not heard, forgets old prices. */
@Injectable()
export class WatchJob implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #tasks: readonly { start(): unknown; stop(): Promise<void> }[];

  constructor(private readonly parts: WatchParts) {
    const { clock, leases, logger, random, track, take } = parts;
    const common = { clock, leases, logger, random };
    this.#tasks = [
      new LeasedTask(
        { ...common, name: 'incidents', intervalMs: clock.noShorterThan(SWEEP_REAL_FLOOR_MS, SWEEP_MS) },
        () => track.sweep(),
      ),
      new LeasedTask({ ...common, name: 'old-prices', intervalMs: PRUNE_MS }, () => this.#prune()),
      ...(take === null ? [] : [this.#poll(take)]),
    ];
  }

  onApplicationBootstrap(): void {
    for (const task of this.#tasks) task.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.stop()));
  }

  /** Every process polls; the queue gives each message to one of them. Network waits pass in real time. */
  #poll(take: TakeNotices): PeriodicTask {
    const { logger, random } = this.parts;
    return new PeriodicTask(
      new SystemClock(),
      {
        name: 'cloud-notices',
        intervalMs: POLL_PAUSE_MS,
        maxDelayMs: POLL_MAX_DELAY_MS,
        random,
        onError: (error, failuresInARow) => {
          logger.warn(
            { error, failuresInARow },
            'the queue of cloud notices could not be read; trying again',
          );
        },
      },
      async (signal) => {
        await take.execute(signal);
      },
    );
  }

  async #prune(): Promise<void> {
    const before = this.parts.clock.nowMs() - KEEP_PRICES_MS;
    await this.parts.uow.run((tx) => this.parts.prices.prune(tx, before));
  }
}
