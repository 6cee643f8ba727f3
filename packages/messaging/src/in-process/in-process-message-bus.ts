import type { Clock } from '@spotopt/kernel';
import type { BusLogger } from '../bus-logger.js';
import type { PipelineEnvironment } from '../delivery/delivery-pipeline.js';
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
import { rpcTimeout } from '../rpc/rpc-answer.js';
import { RealDeadline } from '../delivery/real-deadline.js';
import type { BrokerClient, InProcessBroker } from './in-process-broker.js';
import { InProcessConsumer } from './in-process-consumer.js';
import { InProcessResponder } from './in-process-responder.js';

export interface InProcessBusSettings {
  /** Paces retries of handlers. */
  readonly clock: Clock;
  readonly attempts: AttemptStore;
  readonly logger: BusLogger;
  /** Value in [0, 1) for jitter. @default Math.random */
  readonly random?: () => number;
}

/** The bus of one service that shares a process, and a broker, with the others. */
export class InProcessMessageBus extends MessageBus implements BrokerClient {
  readonly #consumers = new Set<InProcessConsumer>();
  readonly #responders = new Set<InProcessResponder>();
  #closed = false;

  readonly #environment: PipelineEnvironment;

  constructor(
    private readonly broker: InProcessBroker,
    settings: InProcessBusSettings,
  ) {
    super();
    this.#environment = { random: Math.random, ...settings };
    broker.attach(this);
  }

  override publish(message: OutgoingMessage): Promise<void> {
    return this.broker.publish(message);
  }

  override async declareQueue(settings: QueueSettings): Promise<void> {
    this.broker.declare(settings);
    await Promise.resolve();
  }

  override async deleteQueue(queue: string): Promise<void> {
    this.broker.deleteQueue(queue);
    await Promise.resolve();
  }

  override async subscribe(
    settings: SubscriptionSettings,
    handler: DeliveryHandler,
  ): Promise<BusSubscription> {
    const { broker } = this;
    const environment = this.#environment;
    const consumer = new InProcessConsumer({ broker, settings, handler, environment });
    this.#consumers.add(consumer);
    consumer.start();
    await Promise.resolve();
    return consumer;
  }

  override async request(call: RpcCall): Promise<string> {
    const { method, body, correlationId, timeoutMs } = call;
    const deadline = new RealDeadline(timeoutMs);
    const timedOut = new Promise<never>((_resolve, reject) => {
      deadline.signal.addEventListener('abort', () => {
        reject(rpcTimeout(method, timeoutMs));
      });
    });
    try {
      return await Promise.race([this.broker.request(method, body, correlationId), timedOut]);
    } finally {
      deadline.clear();
    }
  }

  override async respond(method: string, responder: RpcResponder): Promise<BusSubscription> {
    const subscription = new InProcessResponder(this.broker, method, responder);
    this.#responders.add(subscription);
    await subscription.resume();
    return subscription;
  }

  override async parked(queue: string, limit: number): Promise<readonly ParkedMessage[]> {
    return Promise.resolve(this.broker.parkedOf(queue).slice(0, limit));
  }

  override async redrive(queue: string, limit: number): Promise<number> {
    for (let moved = 0; moved < limit; moved += 1) {
      const parked = this.broker.redriveOne(queue);
      if (parked === undefined) return moved;
      await this.#environment.attempts.forget(queue, parked.delivery.messageId);
    }
    return limit;
  }

  override health(): BusHealth {
    const consumers = [...this.#consumers].filter((consumer) => !consumer.healthy);
    return {
      connected: this.broker.running && !this.#closed,
      notConsuming: consumers.map((consumer) => consumer.queue),
    };
  }

  override async close(drainMs: number): Promise<void> {
    this.#closed = true;
    const deadline = new RealDeadline(drainMs);
    await Promise.all([
      ...[...this.#consumers].map((consumer) => consumer.stop(deadline.signal)),
      ...[...this.#responders].map((responder) => deadline.race(responder.cancel())),
    ]);
    deadline.clear();
    this.broker.detach(this);
  }

  onStopped(): void {
    for (const consumer of this.#consumers) consumer.onStopped();
  }

  onStarted(): void {
    for (const consumer of this.#consumers) consumer.onStarted();
  }

  onQueueDeleted(queue: string): void {
    for (const consumer of this.#consumers) {
      if (consumer.queue === queue) consumer.onDeleted();
    }
  }
}
