import { setTimeout as delay } from 'node:timers/promises';
import { AppError, backoffMs, isAppError } from '@spotopt/kernel';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { BusLogger } from '../bus-logger.js';
import { RealDeadline } from '../delivery/real-deadline.js';
import { ConsumerSession } from './consumer-session.js';
import type { RabbitConnection } from './rabbit-connection.js';
import { explainRefusal } from './rabbit-topology.js';

export interface RabbitConsumerParts {
  readonly connection: RabbitConnection;
  /** What is consumed, for logs and health. */
  readonly queue: string;
  readonly prefetch: number;
  readonly logger: BusLogger;
  readonly random: () => number;
  /** Makes the queue exist and answers its name on the broker. */
  readonly declare: (channel: Channel) => Promise<string>;
  readonly onMessage: (message: ConsumeMessage, session: ConsumerSession) => void;
}

const OPEN_TIMEOUT_MS = 30_000;
const REOPEN = { initialMs: 50, maxMs: 5_000 };

/**
 * Keeps one consumer alive: opens its channel again after a lost connection, a channel error or a
 * cancellation by the broker (queue deleted), declaring the queue each time.
 */
export class RabbitConsumer {
  #stop = new AbortController();
  #session: ConsumerSession | undefined;
  #loop: Promise<void> | undefined;

  constructor(private readonly parts: RabbitConsumerParts) {}

  get queue(): string {
    return this.parts.queue;
  }

  /** False while messages should be taken and are not. */
  get healthy(): boolean {
    return this.#loop === undefined || this.#session !== undefined;
  }

  /**
   * Resolves when messages are being taken for the first time.
   * @throws AppError `topology-mismatch`, `broker-refused` (permanent)
   */
  async start(): Promise<void> {
    if (this.#loop !== undefined) return;
    this.#stop = new AbortController();
    await new Promise<void>((resolve, reject) => {
      this.#loop = this.#run(this.#stop.signal, resolve, reject);
    });
  }

  /** Takes no more messages; `drain` settles those that were taken before the channel is closed. */
  async stop(drain: () => Promise<void>): Promise<void> {
    this.#stop.abort();
    this.#loop = undefined;
    const session = this.#session;
    this.#session = undefined;
    await Promise.all([session?.cancel(), drain()]);
    await session?.close();
  }

  async #run(stop: AbortSignal, ready: () => void, refuse: (error: unknown) => void): Promise<void> {
    const { logger, queue, random } = this.parts;
    let failures = 0;
    let wasReady = false;
    while (!stop.aborted) {
      try {
        const session = await this.#open();
        if (stop.aborted) {
          await session.close();
          break;
        }
        this.#session = session;
        failures = 0;
        wasReady = true;
        ready();
        const why = await session.ended;
        if (stop.aborted) break;
        this.#session = undefined;
        session.retire();
        logger.warn({ queue, why }, 'consumer ended, consuming again');
      } catch (error) {
        if (!wasReady && isAppError(error) && error.kind === 'permanent') {
          this.#loop = undefined;
          refuse(error);
          return;
        }
        logger.warn({ queue, err: error }, 'cannot consume');
      }
      failures += 1;
      await sleep(backoffMs(failures, REOPEN, random()), stop);
    }
    ready();
  }

  async #open(): Promise<ConsumerSession> {
    const { connection, declare, prefetch, onMessage, logger, queue } = this.parts;
    const session = new ConsumerSession(await connection.channel(), logger);
    const { channel } = session;
    const deadline = new RealDeadline(OPEN_TIMEOUT_MS);
    try {
      const opened = await deadline.race(
        (async () => {
          const name = await declare(channel);
          await channel.prefetch(prefetch);
          await session.consume(name, (message) => {
            onMessage(message, session);
          });
          return session;
        })(),
      );
      if (opened !== undefined) return opened;
      throw AppError.transient('broker-unavailable', 'the broker does not let us consume');
    } catch (error) {
      void session.close();
      throw explainRefusal(error, `consume ${queue}`);
    } finally {
      deadline.clear();
    }
  }
}

async function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(durationMs, undefined, { signal });
  } catch {
    // The only rejection of a timer is its abort: whoever waits looks at the signal.
  }
}
