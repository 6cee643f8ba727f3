import { performance } from 'node:perf_hooks';
import {
  NoFailpoints,
  PeriodicTask,
  ScaledClock,
  SystemClock,
  backoffMs,
  type Clock,
  type Failpoints,
} from '@spotopt/kernel';
import { instantOf } from './columns.js';
import type { Database } from './database.js';
import type { PersistenceLogger } from './open-database.js';
import { OutboxClaims, type ClaimedEvent } from './outbox-claims.js';
import { SentMarker } from './sent-marker.js';

export interface OutboxMessage {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  /** The whole envelope, as JSON. */
  readonly body: string;
}

export interface OutboxRelaySettings {
  readonly database: Database;
  /** Resolves when the broker has taken responsibility; anything else is tried again. */
  readonly publish: (message: OutboxMessage) => Promise<void>;
  /** For the poll; simulated time is not used, whatever its speed. @default the database's clock */
  readonly clock?: Clock;
  readonly logger?: PersistenceLogger;
  readonly failpoints?: Failpoints;
  /** Poll behind the wake-up after each commit. @default 250 */
  readonly pollIntervalMs?: number;
  /** After this time without a sign of life, another process publishes what this one held. @default 10 s */
  readonly holdMs?: number;
  /** Subjects that are published at the same time. @default 200 */
  readonly maxLanes?: number;
  /** How long `stop` waits for publishes that are under way. @default 5 s */
  readonly drainMs?: number;
}

interface Lane {
  readonly events: readonly ClaimedEvent[];
  done: number;
  heldUntilMs: number;
}

const BATCH = 200;
const PUBLISH_RETRY = { initialMs: 200, maxMs: 10_000 };

/**
 * Publishes what the outbox holds: subjects side by side, the events of one subject one after the other.
 * At least once; a crash between the publish and its mark publishes again.
 */
export class OutboxRelay {
  readonly #claims: OutboxClaims;
  readonly #marker: SentMarker;
  readonly #failpoints: Failpoints;
  readonly #poll: PeriodicTask;
  readonly #keeper: PeriodicTask;
  readonly #realTime = new SystemClock();
  readonly #holdMs: number;
  readonly #lanes = new Map<Lane, Promise<void>>();
  #stopping = false;
  #unsubscribe: () => void = () => undefined;

  constructor(private readonly settings: OutboxRelaySettings) {
    const { database, pollIntervalMs = 250, holdMs = 10_000 } = settings;
    this.#holdMs = holdMs;
    this.#failpoints = settings.failpoints ?? new NoFailpoints();
    this.#claims = new OutboxClaims(database, database.ids.next(), holdMs);
    this.#marker = new SentMarker(this.#claims, this.#failpoints);
    const clock = settings.clock ?? database.clock;
    this.#poll = new PeriodicTask(
      clock instanceof ScaledClock ? this.#realTime : clock,
      this.#task('outbox-relay', pollIntervalMs),
      () => this.#startLanes(),
    );
    this.#keeper = new PeriodicTask(this.#realTime, this.#task('outbox-relay-holds', holdMs / 3), () =>
      this.#renewHolds(),
    );
  }

  start(): this {
    this.#unsubscribe = this.settings.database.onCommit(({ events }) => {
      if (events > 0) this.#poll.nudge();
    });
    this.#poll.start();
    this.#keeper.start();
    return this;
  }

  /** Looks at once; called by itself after each commit of this process. */
  nudge(): void {
    this.#poll.nudge();
  }

  /** Stops claiming, finishes the publishes under way and gives the rest back. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#unsubscribe();
    await this.#poll.stop();
    const drained = new AbortController();
    const patience = this.#realTime.sleep(this.settings.drainMs ?? 5_000, drained.signal);
    await Promise.race([Promise.all(this.#lanes.values()), patience]);
    drained.abort();
    await this.#keeper.stop();
  }

  async unsentCount(): Promise<number> {
    return (await this.#claims.backlog()).count;
  }

  /** 0 when everything is sent. */
  async oldestUnsentAgeMs(): Promise<number> {
    const { oldestAt } = await this.#claims.backlog();
    if (oldestAt === null) return 0;
    return Math.max(0, this.settings.database.clock.nowMs() - instantOf(oldestAt).getTime());
  }

  #task(name: string, intervalMs: number) {
    const { database, logger } = this.settings;
    return {
      name,
      intervalMs,
      random: database.random,
      onError: (error: unknown, failuresInARow: number) => {
        logger?.warn({ err: error, failuresInARow }, `${name} failed and tries again`);
      },
    };
  }

  async #startLanes(): Promise<void> {
    const maxLanes = this.settings.maxLanes ?? 200;
    while (!this.#stopping && this.#lanes.size < maxLanes) {
      const askedAtMs = performance.now();
      const events = await this.#claims.claim(Math.min(BATCH, maxLanes - this.#lanes.size));
      for (const sameSubject of Map.groupBy(events, (event) => event.subject).values()) {
        this.#startLane({ events: sameSubject, done: 0, heldUntilMs: askedAtMs + this.#holdMs });
      }
      if (events.length === 0) return;
    }
  }

  #startLane(lane: Lane): void {
    const run = this.#runLane(lane)
      .catch((error: unknown) => {
        // The rows stay held until their time is over, then some relay publishes them again.
        this.settings.logger?.error({ err: error }, 'outbox rows could not be marked');
      })
      .then(() => {
        this.#lanes.delete(lane);
        this.#poll.nudge();
      });
    this.#lanes.set(lane, run);
  }

  async #runLane(lane: Lane): Promise<void> {
    const marks: Promise<void>[] = [];
    for (const event of lane.events) {
      if (this.#stopping || performance.now() >= lane.heldUntilMs) {
        await this.#claims.giveBack(lane.events.slice(lane.done));
        break;
      }
      try {
        await this.settings.publish({
          id: event.id,
          type: event.type,
          subject: event.subject,
          body: event.body,
        });
      } catch (error) {
        await this.#giveBackFailed(lane, event, error);
        break;
      }
      this.#failpoints.hit('outbox.after-publish');
      lane.done += 1;
      marks.push(this.#marker.mark(event.seq));
    }
    await Promise.all(marks);
  }

  async #giveBackFailed(lane: Lane, event: ClaimedEvent, error: unknown): Promise<void> {
    const { database, logger } = this.settings;
    const retryAfterMs = backoffMs(event.attempts + 1, PUBLISH_RETRY, database.random());
    logger?.warn(
      { err: error, eventId: event.id, type: event.type, attempt: event.attempts + 1, retryAfterMs },
      'event could not be published and waits',
    );
    await this.#claims.giveBackAfterFailure(lane.events.slice(lane.done), retryAfterMs);
  }

  async #renewHolds(): Promise<void> {
    const lanes = [...this.#lanes.keys()];
    if (lanes.length === 0) return;
    const askedAtMs = performance.now();
    await this.#claims.renew(lanes.flatMap((lane) => lane.events.slice(lane.done).map((event) => event.seq)));
    for (const lane of lanes) lane.heldUntilMs = askedAtMs + this.#holdMs;
  }
}
