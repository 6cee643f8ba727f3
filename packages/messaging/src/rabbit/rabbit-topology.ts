import { randomUUID } from 'node:crypto';
import { AppError } from '@spotopt/kernel';
import type { Channel, Options } from 'amqplib';
import type { QueueSettings } from '../message-bus.js';

const EXCHANGES = {
  'spotopt.events': 'topic',
  'spotopt.commands': 'direct',
  'spotopt.rpc': 'direct',
  'spotopt.dead': 'topic',
} as const;

export type BrokerExchange = keyof typeof EXCHANGES;

const SHARED_MAX_LENGTH = 100_000;
/** Only a crash loop reaches it: failures are counted and parked by us. */
const SHARED_DELIVERY_LIMIT = 50;
/** Looking at parked messages counts as a delivery; brokers from 4.0 drop after 20 unless told otherwise. */
const DEAD_DELIVERY_LIMIT = 1_000_000_000;
const AGENT_EXPIRES_MS = 24 * 3_600_000;
const AGENT_MAX_LENGTH = 100;
/** A queue of responders that did not come back after a broker restart must not swallow requests for long. */
const RPC_EXPIRES_MS = 60_000;
/** Queues of a prefixed installation, which is a temporary one, vanish this long after their last use. */
const TEMPORARY_EXPIRES_MS = 6 * 3_600_000;
const ACCESS_REFUSED = 403;
const PRECONDITION_FAILED = 406;

/** Names and settings of everything that exists on the broker; the only place that declares. */
export class RabbitTopology {
  /** Arguments of every durable queue. */
  readonly #lifetime: Readonly<Record<string, number>>;

  /** @param declares false for a user who may only use what others made: nothing is declared then */
  constructor(
    private readonly prefix: string,
    private readonly declares: boolean,
  ) {
    this.#lifetime = prefix === '' ? {} : { 'x-expires': TEMPORARY_EXPIRES_MS };
  }

  exchange(name: BrokerExchange): string {
    return this.prefix + name;
  }

  queue(name: string): string {
    return this.prefix + name;
  }

  deadQueue(queue: string): string {
    return this.queue(`${queue}.dead`);
  }

  /** Our name of an exchange of the broker. */
  unprefixed(name: string): string {
    return name.startsWith(this.prefix) ? name.slice(this.prefix.length) : name;
  }

  async declareExchanges(channel: Channel): Promise<void> {
    if (!this.declares) return;
    for (const [name, type] of Object.entries(EXCHANGES)) {
      const exchange = this.prefix + name;
      await explained(exchange, 'exchange', channel.assertExchange(exchange, type, { durable: true }));
    }
  }

  /** Answers the name on the broker: an ephemeral queue gets a new one each time. */
  async declareQueue(channel: Channel, settings: QueueSettings): Promise<string> {
    await this.declareExchanges(channel);
    const { kind, queue } = settings;
    const name = kind === 'ephemeral' ? this.queue(`${queue}.${randomUUID()}`) : this.queue(queue);
    if (!this.declares) return name;
    if (kind === 'shared') await this.#declareDeadQueue(channel, queue);
    await explained(name, 'queue', channel.assertQueue(name, this.#options(settings)));
    for (const { exchange, routingKey } of settings.bindings) {
      await channel.bindQueue(name, this.exchange(exchange), routingKey);
    }
    return name;
  }

  async declareRpcQueue(channel: Channel, method: string): Promise<string> {
    await this.declareExchanges(channel);
    const name = this.queue(`${method}.rpc`);
    // Durable although it holds nothing of value: brokers from 4.3 refuse transient shared queues.
    const options = { durable: true, autoDelete: true, arguments: { 'x-expires': RPC_EXPIRES_MS } };
    await explained(name, 'queue', channel.assertQueue(name, options));
    await channel.bindQueue(name, this.exchange('spotopt.rpc'), method);
    return name;
  }

  async #declareDeadQueue(channel: Channel, queue: string): Promise<void> {
    const name = this.deadQueue(queue);
    const options: Options.AssertQueue = {
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        ...this.#lifetime,
        'x-delivery-limit': DEAD_DELIVERY_LIMIT,
        'x-max-length': SHARED_MAX_LENGTH,
        'x-overflow': 'reject-publish',
      },
    };
    await explained(name, 'queue', channel.assertQueue(name, options));
    await channel.bindQueue(name, this.exchange('spotopt.dead'), this.queue(queue));
  }

  #options({ kind, queue }: QueueSettings): Options.AssertQueue {
    if (kind === 'ephemeral') return { durable: false, exclusive: true, autoDelete: true };
    if (kind === 'agent') {
      return {
        durable: true,
        arguments: {
          'x-queue-type': 'classic',
          'x-expires': AGENT_EXPIRES_MS,
          'x-max-length': AGENT_MAX_LENGTH,
          'x-overflow': 'reject-publish',
        },
      };
    }
    return {
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        ...this.#lifetime,
        'x-delivery-limit': SHARED_DELIVERY_LIMIT,
        'x-dead-letter-exchange': this.exchange('spotopt.dead'),
        'x-dead-letter-routing-key': this.queue(queue),
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
        'x-max-length': SHARED_MAX_LENGTH,
      },
    };
  }
}

/** @throws AppError `topology-mismatch`, `broker-refused` (permanent) */
async function explained<T>(name: string, what: 'queue' | 'exchange', declared: Promise<T>): Promise<T> {
  try {
    return await declared;
  } catch (error) {
    if (!hasReplyCode(error, PRECONDITION_FAILED)) throw explainRefusal(error, `declare ${what} ${name}`);
    throw AppError.permanent(
      'topology-mismatch',
      `${what} ${name} exists on the broker with other settings than this version declares. ` +
        `Let its messages be consumed, then delete it (rabbitmqctl delete_${what} ${name}, or the management ` +
        `page); it is made anew at the next start. The broker said: ${String(error)}`,
      { cause: error, details: { [what]: name } },
    );
  }
}

/** The error as it is, unless the broker says that our user may not do this. */
export function explainRefusal(error: unknown, what: string): unknown {
  if (!hasReplyCode(error, ACCESS_REFUSED)) return error;
  return AppError.permanent('broker-refused', `our broker user may not ${what}: ${String(error)}`, {
    cause: error,
  });
}

function hasReplyCode(error: unknown, code: number): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
