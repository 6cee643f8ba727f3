import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Clock, PeriodicTask, SystemClock } from '@spotopt/kernel';
import { LeasedTask, type Leases } from '@spotopt/persistence';
import type { Logger } from '@spotopt/platform';
import type { TrackFailover } from './incident/index.js';
import type { TakeNotices } from './notices/index.js';

export interface WatchParts {
  readonly clock: Clock;
  readonly leases: Leases;
  readonly logger: Logger;
  readonly random: () => number;
  readonly track: TrackFailover;
  /** Null without a queue of cloud notices. */
  readonly take: TakeNotices | null;
}

const SWEEP_MS = 5_000;
const SWEEP_REAL_FLOOR_MS = 250;
/** Between two long polls, and the first delay after a failed one. */
const POLL_PAUSE_MS = 50;
const POLL_MAX_DELAY_MS = 5_000;

/** Listens to the cloud's queue, repeats what was not heard. */
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
}
