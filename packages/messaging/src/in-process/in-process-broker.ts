import type { Clock } from '@spotopt/kernel';
import { Broker } from 'smqp';
import type { Message, Queue } from 'smqp';
import type { OutgoingMessage, ParkedMessage, QueueSettings, RpcResponder } from '../message-bus.js';
import { messageUnroutable, publishUnconfirmed } from '../publish-errors.js';
import { answerOf, bodyOf, rpcNoResponder } from '../rpc/rpc-answer.js';
import { Publication } from './publication.js';

/** What a queue holds of a message. */
export interface StoredMessage {
  readonly outgoing: OutgoingMessage;
  readonly publication: Publication;
}

/** Someone whose connection ends when the broker stops. */
export interface BrokerClient {
  onStopped(): void;
  onStarted(): void;
  onQueueDeleted(queue: string): void;
}

const EXCHANGE_TYPES = {
  'spotopt.events': 'topic',
  'spotopt.commands': 'direct',
  'spotopt.rpc': 'direct',
} as const;
const AGENT_QUEUE_LENGTH = 100;
const AGENT_QUEUE_EXPIRES_MS = 24 * 3_600_000;

/**
 * Queues and exchanges for all services of one process. Nothing of it survives the process: the outbox of
 * the publisher is the durable copy, so an event counts as published only when its consumers are done.
 */
export class InProcessBroker {
  readonly #smqp = new Broker();
  readonly #clients = new Set<BrokerClient>();
  readonly #kinds = new Map<string, QueueSettings['kind']>();
  readonly #usedAtMs = new Map<string, number>();
  readonly #parked = new Map<string, ParkedMessage[]>();
  readonly #responders = new Map<string, RpcResponder[]>();
  readonly #publications = new Set<Publication>();
  #ephemeralQueues = 0;
  #running = true;

  constructor(private readonly clock: Clock) {
    for (const [name, type] of Object.entries(EXCHANGE_TYPES)) {
      this.#smqp.assertExchange(name, type, { autoDelete: false });
    }
  }

  get running(): boolean {
    return this.#running;
  }

  /** Behaves like a broker that died: connections end, what was unacknowledged goes back, promises fail. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    for (const publication of this.#publications) publication.abandon('the broker stopped');
    for (const client of this.#clients) client.onStopped();
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    for (const client of this.#clients) client.onStarted();
  }

  attach(client: BrokerClient): void {
    this.#clients.add(client);
  }

  detach(client: BrokerClient): void {
    this.#clients.delete(client);
  }

  /** An ephemeral queue is another one each time. */
  declare(settings: QueueSettings): Queue {
    this.#assertRunning();
    this.#expireAgentQueues();
    const { kind } = settings;
    const name = kind === 'ephemeral' ? this.#ephemeralName(settings.queue) : settings.queue;
    const queue = this.#smqp.assertQueue(name, {
      durable: kind !== 'ephemeral',
      autoDelete: kind === 'ephemeral',
    });
    if (kind !== 'ephemeral') {
      this.#kinds.set(name, kind);
      this.#usedAtMs.set(name, this.clock.nowMs());
    }
    for (const { exchange, routingKey } of settings.bindings) {
      this.#smqp.bindQueue(name, exchange, routingKey);
    }
    return queue;
  }

  deleteQueue(name: string): void {
    this.#assertRunning();
    for (const publication of this.#publications) {
      if (publication.waitsFor.has(name)) publication.abandon(`queue ${name} was deleted`);
    }
    this.#smqp.deleteQueue(name);
    this.#kinds.delete(name);
    this.#usedAtMs.delete(name);
    for (const client of this.#clients) client.onQueueDeleted(name);
  }

  async publish(message: OutgoingMessage): Promise<void> {
    this.#assertRunning();
    const { exchange, routingKey } = message;
    const queues = this.#route(exchange, routingKey);
    if (queues.length === 0) throw messageUnroutable(exchange, routingKey);
    const full = queues.find((queue) => this.#isFull(queue));
    if (full !== undefined) throw publishUnconfirmed(`queue ${full.name} is full`);
    const toFinish = queues
      .map((queue) => queue.name)
      .filter((name) => exchange === 'spotopt.events' && this.#kinds.get(name) === 'shared');
    const publication = new Publication(toFinish);
    this.#publications.add(publication);
    const stored: StoredMessage = { outgoing: message, publication };
    const expires = message.ttlMs === undefined ? {} : { expiration: Math.max(1, Math.round(message.ttlMs)) };
    for (const queue of queues) {
      queue.queueMessage({ exchange, routingKey }, stored, { messageId: message.messageId, ...expires });
    }
    try {
      await publication.confirmed;
    } finally {
      this.#publications.delete(publication);
    }
  }

  finish(queue: string, message: Message): void {
    message.ack();
    (message.content as StoredMessage).publication.finishedBy(queue);
    if (this.#usedAtMs.has(queue)) this.#usedAtMs.set(queue, this.clock.nowMs());
  }

  /** Messages of queues that are not shared have no parking place: they are dropped, as on RabbitMQ. */
  park(queue: string, parked: ParkedMessage): void {
    if (this.#kinds.get(queue) === 'shared') this.parkedOf(queue).push(parked);
  }

  parkedOf(queue: string): ParkedMessage[] {
    const list = this.#parked.get(queue) ?? [];
    this.#parked.set(queue, list);
    return list;
  }

  /** Takes one parked message out and puts it into its queue only. */
  redriveOne(queue: string): ParkedMessage | undefined {
    this.#assertRunning();
    const target = this.#smqp.getQueue(queue);
    if (target === undefined) throw messageUnroutable('redrive', queue);
    const parked = this.parkedOf(queue).shift();
    if (parked === undefined) return undefined;
    const {
      messageId,
      exchange,
      routingKey,
      redelivered: _redelivered,
      correlationId,
      ...rest
    } = parked.delivery;
    const outgoing: OutgoingMessage = {
      ...rest,
      messageId,
      routingKey,
      exchange: exchange as OutgoingMessage['exchange'],
      ...(correlationId === undefined ? {} : { correlationId }),
    };
    const stored: StoredMessage = { outgoing, publication: new Publication([]) };
    target.queueMessage({ exchange, routingKey }, stored, { messageId });
    return parked;
  }

  respond(method: string, responder: RpcResponder): () => void {
    const list = this.#responders.get(method) ?? [];
    list.push(responder);
    this.#responders.set(method, list);
    return () => {
      const index = list.indexOf(responder);
      if (index >= 0) list.splice(index, 1);
    };
  }

  async request(method: string, body: string, correlationId: string | undefined): Promise<string> {
    if (!this.#running) throw rpcNoResponder(method, 'the broker is not running');
    const list = this.#responders.get(method) ?? [];
    const responder = list.shift();
    if (responder === undefined) throw rpcNoResponder(method, 'no service has registered it');
    list.push(responder);
    return bodyOf(await answerOf(() => responder(body, correlationId)));
  }

  #ephemeralName(queue: string): string {
    this.#ephemeralQueues += 1;
    return `${queue}.${String(this.#ephemeralQueues)}`;
  }

  #route(exchangeName: string, routingKey: string): Queue[] {
    const exchange = this.#smqp.getExchange(exchangeName);
    const topic = exchangeName === 'spotopt.events';
    const names = new Set<string>();
    for (const binding of exchange.bindings) {
      const matches = topic ? binding.testPattern(routingKey) : binding.pattern === routingKey;
      if (matches) names.add(binding.queue.name);
    }
    return [...names].flatMap((name) => this.#smqp.getQueue(name) ?? []);
  }

  #isFull(queue: Queue): boolean {
    if (this.#kinds.get(queue.name) !== 'agent') return false;
    queue.evictExpired();
    return queue.messageCount >= AGENT_QUEUE_LENGTH;
  }

  #expireAgentQueues(): void {
    const expiredBeforeMs = this.clock.nowMs() - AGENT_QUEUE_EXPIRES_MS;
    for (const [name, usedAtMs] of this.#usedAtMs) {
      if (this.#kinds.get(name) !== 'agent' || usedAtMs > expiredBeforeMs) continue;
      if (this.#smqp.getQueue(name)?.consumerCount === 0) this.deleteQueue(name);
    }
  }

  #assertRunning(): void {
    if (!this.#running) throw publishUnconfirmed('the broker is not running');
  }
}
