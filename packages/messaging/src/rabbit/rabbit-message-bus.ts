import type { Clock } from '@spotopt/kernel';
import type { BusLogger } from '../bus-logger.js';
import type { PipelineEnvironment } from '../delivery/delivery-pipeline.js';
import { RealDeadline } from '../delivery/real-deadline.js';
import { MessageBus } from '../message-bus.js';
import type {
  AttemptStore,
  BusHealth,
  BusSubscription,
  DeliveryHandler,
  OutgoingMessage,
  ParkedMessage,
  QueueSettings,
  RpcCall,
  RpcResponder,
  SubscriptionSettings,
} from '../message-bus.js';
import { RabbitConnection } from './rabbit-connection.js';
import { publishOptions } from './rabbit-delivery.js';
import { RabbitParking } from './rabbit-parking.js';
import { RabbitPublisher } from './rabbit-publisher.js';
import { RabbitResponder } from './rabbit-responder.js';
import { RabbitRpcCaller } from './rabbit-rpc-caller.js';
import { RabbitSubscription } from './rabbit-subscription.js';
import { RabbitTopology } from './rabbit-topology.js';

export interface RabbitBusSettings {
  /** `amqp://user:password@host:port/vhost`; `amqps` for TLS. */
  readonly url: string;
  /** Paces retries of handlers. Connections and requests keep real time. */
  readonly clock: Clock;
  readonly attempts: AttemptStore;
  readonly logger: BusLogger;
  /** Value in [0, 1) for jitter. @default Math.random */
  readonly random?: () => number;
  /** Shown in the broker's list of connections. @default spotopt */
  readonly name?: string;
  /**
   * Put before the name of every exchange and queue, so that temporary installations share a broker: their
   * queues vanish six hours after their last use. @default none
   */
  readonly prefix?: string;
  /** False for an agent, whose user may consume its own queue and make nothing. @default true */
  readonly declares?: boolean;
  /** Longest wait for the first connection. @default 30000 */
  readonly connectTimeoutMs?: number;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;
/** After the drain: time to tell the broker what was acknowledged. */
const FLUSH_MS = 5_000;

/**
 * RabbitMQ 3.10 to 4.x. Publishing and consuming have a connection each: a broker under memory alarm stops
 * reading from connections that publish, and acknowledgements must not stop with them.
 */
export class RabbitMessageBus extends MessageBus {
  readonly #topology: RabbitTopology;
  readonly #publisher: RabbitPublisher;
  readonly #parking: RabbitParking;
  readonly #caller: RabbitRpcCaller;
  readonly #subscriptions = new Set<RabbitSubscription | RabbitResponder>();

  private constructor(
    private readonly environment: PipelineEnvironment,
    topology: RabbitTopology,
    private readonly publishing: RabbitConnection,
    private readonly consuming: RabbitConnection,
  ) {
    super();
    this.#topology = topology;
    this.#publisher = new RabbitPublisher(publishing, (channel) => topology.declareExchanges(channel));
    this.#parking = new RabbitParking({ connection: consuming, publisher: this.#publisher, topology });
    this.#caller = new RabbitRpcCaller(publishing, topology.exchange('spotopt.rpc'));
  }

  /**
   * @throws AppError `broker-unavailable` (transient), `broker-refused` (permanent), `topology-mismatch`
   *   (permanent) an exchange exists with another type
   */
  static async connect(settings: RabbitBusSettings): Promise<RabbitMessageBus> {
    const { url, logger, name = 'spotopt', connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = settings;
    const open = (role: string) =>
      RabbitConnection.open({ url, name: `${name} ${role}`, connectTimeoutMs, logger });
    const publishing = await open('publishing');
    const connections = [publishing];
    try {
      const consuming = await open('consuming');
      connections.push(consuming);
      const { clock, attempts, random = Math.random, prefix = '', declares = true } = settings;
      const topology = new RabbitTopology(prefix, declares);
      await consuming.onChannel((channel) => topology.declareExchanges(channel));
      return new RabbitMessageBus({ clock, attempts, logger, random }, topology, publishing, consuming);
    } catch (error) {
      await Promise.all(connections.map((connection) => connection.close()));
      throw error;
    }
  }

  override publish(message: OutgoingMessage): Promise<void> {
    return this.#publisher.publish({
      exchange: this.#topology.exchange(message.exchange),
      routingKey: message.routingKey,
      body: Buffer.from(message.body),
      options: publishOptions(message),
    });
  }

  override async declareQueue(settings: QueueSettings): Promise<void> {
    await this.consuming.onChannel((channel) => this.#topology.declareQueue(channel, settings));
  }

  override async deleteQueue(queue: string): Promise<void> {
    await this.consuming.onChannel((channel) => channel.deleteQueue(this.#topology.queue(queue)));
  }

  override async subscribe(
    settings: SubscriptionSettings,
    handler: DeliveryHandler,
  ): Promise<BusSubscription> {
    const { consuming: connection, environment } = this;
    const publisher = this.#publisher;
    const topology = this.#topology;
    return this.#begin(
      new RabbitSubscription({ connection, publisher, topology, environment, settings, handler }),
    );
  }

  override request(call: RpcCall): Promise<string> {
    return this.#caller.call(call);
  }

  override async respond(method: string, responder: RpcResponder): Promise<BusSubscription> {
    const { consuming: connection } = this;
    const { logger, random } = this.environment;
    return this.#begin(
      new RabbitResponder({ connection, topology: this.#topology, logger, random, method, responder }),
    );
  }

  override parked(queue: string, limit: number): Promise<readonly ParkedMessage[]> {
    return this.#parking.list(queue, limit);
  }

  override async redrive(queue: string, limit: number): Promise<number> {
    const moved = await this.#parking.redrive(queue, limit);
    for (const messageId of moved) await this.environment.attempts.forget(queue, messageId);
    return moved.length;
  }

  override health(): BusHealth {
    const silent = [...this.#subscriptions].filter(({ consumer }) => !consumer.healthy);
    return {
      connected: this.publishing.connected && this.consuming.connected,
      notConsuming: silent.map(({ queue }) => queue),
    };
  }

  override async close(drainMs: number): Promise<void> {
    const drain = new RealDeadline(drainMs);
    const flush = new RealDeadline(drainMs + FLUSH_MS);
    const stopped = [...this.#subscriptions].map((subscription) => subscription.stop(drain.signal));
    await flush.race(Promise.all(stopped));
    drain.clear();
    flush.clear();
    await Promise.all([this.consuming.close(), this.publishing.close()]);
  }

  async #begin<S extends RabbitSubscription | RabbitResponder>(subscription: S): Promise<S> {
    this.#subscriptions.add(subscription);
    try {
      await subscription.resume();
      return subscription;
    } catch (error) {
      this.#subscriptions.delete(subscription);
      throw error;
    }
  }
}
