import type { ConsumeMessage, Consumer } from 'smqp';
import { DeliveryPipeline } from '../delivery/delivery-pipeline.js';
import type { PipelineEnvironment } from '../delivery/delivery-pipeline.js';
import type { Settlement } from '../delivery/settlement.js';
import type { BusSubscription, Delivery, DeliveryHandler, SubscriptionSettings } from '../message-bus.js';
import type { InProcessBroker, StoredMessage } from './in-process-broker.js';

const DEFAULT_PREFETCH = 20;

export interface InProcessConsumerParts {
  readonly broker: InProcessBroker;
  readonly settings: SubscriptionSettings;
  readonly handler: DeliveryHandler;
  readonly environment: PipelineEnvironment;
}

/** One subscription of one bus; consumes again after the broker came back or the queue was deleted. */
export class InProcessConsumer implements BusSubscription {
  readonly #pipeline: DeliveryPipeline;
  #wanted = false;
  #consumer: Consumer | undefined;
  #lost = new AbortController();

  constructor(private readonly parts: InProcessConsumerParts) {
    this.#pipeline = new DeliveryPipeline({ ...parts.settings, handler: parts.handler }, parts.environment);
  }

  get queue(): string {
    return this.parts.settings.queue;
  }

  /** False while messages should be taken and are not. */
  get healthy(): boolean {
    return !this.#wanted || this.#consumer !== undefined;
  }

  start(): void {
    this.#wanted = true;
    this.#pipeline.open();
    this.#consume();
  }

  async cancel(): Promise<void> {
    await this.stop();
  }

  async resume(): Promise<void> {
    if (!this.#wanted) this.start();
    await Promise.resolve();
  }

  async stop(deadline?: AbortSignal): Promise<void> {
    this.#wanted = false;
    const consumer = this.#consumer;
    this.#consumer = undefined;
    const drained = this.#pipeline.drain(deadline);
    consumer?.cancel({ keepPending: true });
    await drained;
  }

  onStopped(): void {
    this.#lost.abort();
    this.#consumer?.cancel(true);
    this.#consumer = undefined;
  }

  onStarted(): void {
    if (this.#wanted) this.#consume();
  }

  /** The consumer went with its queue; what it holds already is still handled. */
  onDeleted(): void {
    this.#consumer = undefined;
    if (this.#wanted) this.#consume();
  }

  #consume(): void {
    const { broker, settings } = this.parts;
    this.#lost = new AbortController();
    const queue = broker.declare(settings);
    this.#consumer = queue.consume(
      (_routingKey: string, message: ConsumeMessage) => {
        this.#pipeline.accept(deliveryOf(message), this.#settlementOf(message, queue.name));
      },
      { prefetch: settings.prefetch ?? DEFAULT_PREFETCH },
    ) as Consumer;
  }

  #settlementOf(message: ConsumeMessage, queue: string): Settlement {
    const { broker } = this.parts;
    return {
      lost: this.#lost.signal,
      // A publisher that died publishes its outbox again: the message looks new, but may have been tried.
      fresh: false,
      acknowledge: () => {
        broker.finish(queue, message);
      },
      park: async (note) => {
        broker.park(queue, { delivery: deliveryOf(message), ...note });
        broker.finish(queue, message);
        await Promise.resolve();
      },
      giveBack: () => {
        message.nack(false, true);
      },
    };
  }
}

function deliveryOf(message: ConsumeMessage): Delivery {
  const { outgoing } = message.content as StoredMessage;
  return {
    messageId: outgoing.messageId,
    exchange: outgoing.exchange,
    routingKey: outgoing.routingKey,
    type: outgoing.type,
    contentType: outgoing.contentType,
    body: outgoing.body,
    correlationId: outgoing.correlationId,
    headers: outgoing.headers ?? {},
    redelivered: message.fields['redelivered'] === true,
  };
}
