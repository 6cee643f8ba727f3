import type { UnitOfWork } from '@spotopt/kernel';
import { PeriodicTask } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { Log } from '../ports.js';
import type { EventLogStore, LoggedEvent } from './ports.js';

export interface EventTailParts {
  readonly store: EventLogStore;
  readonly uow: UnitOfWork;
  /** Real time: how long a browser waits does not depend on the speed of a simulation. */
  readonly wallClock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

export interface Follower {
  /** Null sees everything. */
  readonly clientId: string | null;
  /** Last event that the follower has. */
  cursor: number;
  /** False while the reader is slow: it gets the rest in a later round. */
  readonly ready: () => boolean;
  readonly take: (entries: readonly LoggedEvent[]) => void;
}

const PAGE = 200;
const POLL_MS = 1_000;

/**
 * Reads the log forward for every open stream. A nudge makes it fast, the poll makes it sure; nothing is
 * pushed that is not in the log, so a reconnecting reader misses nothing.
 */
export class EventTail {
  readonly #followers = new Set<Follower>();
  readonly #task: PeriodicTask;

  constructor(private readonly parts: EventTailParts) {
    this.#task = new PeriodicTask(
      parts.wallClock,
      {
        name: 'event-tail',
        intervalMs: POLL_MS,
        random: parts.random,
        maxDelayMs: POLL_MS * 5,
        onError: (error) => {
          parts.log.warn({ error }, 'event streams wait for the database');
        },
      },
      async () => this.#round(),
    );
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task.stop();
  }

  nudge(): void {
    if (this.#followers.size > 0) this.#task.nudge();
  }

  /** From where a reader without a cursor begins: now. */
  async latestCursor(): Promise<number> {
    return this.parts.uow.read((tx) => this.parts.store.latestCursor(tx));
  }

  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    this.#task.nudge();
    return () => {
      this.#followers.delete(follower);
    };
  }

  async #round(): Promise<void> {
    await Promise.all([...this.#followers].map(async (follower) => this.#serve(follower)));
  }

  async #serve(follower: Follower): Promise<void> {
    const { store, uow } = this.parts;
    while (follower.ready()) {
      const query = { after: follower.cursor, limit: PAGE, clientId: follower.clientId };
      const entries = await uow.read((tx) => store.read(tx, query));
      const last = entries.at(-1);
      if (last === undefined || !this.#followers.has(follower)) return;
      follower.cursor = last.cursor;
      follower.take(entries);
      if (entries.length < PAGE) return;
    }
  }
}
