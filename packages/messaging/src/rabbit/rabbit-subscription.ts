import { hasCode } from '@spotopt/kernel';
import type { ConsumeMessage } from 'amqplib';
import { DeliveryPipeline } from '../delivery/delivery-pipeline.js';
import type { PipelineEnvironment } from '../delivery/delivery-pipeline.js';
import type { ParkingNote, Settlement } from '../delivery/settlement.js';
import type { BusSubscription, DeliveryHandler, SubscriptionSettings } from '../message-bus.js';
import type { ConsumerSession } from './consumer-session.js';
import type { RabbitConnection } from './rabbit-connection.js';
import { RabbitConsumer } from './rabbit-consumer.js';
import { deliveryOf, parkingOptions } from './rabbit-delivery.js';
import type { RabbitPublisher } from './rabbit-publisher.js';
import type { RabbitTopology } from './rabbit-topology.js';

const DEFAULT_PREFETCH = 20;

export interface RabbitSubscriptionParts {
  readonly connection: RabbitConnection;
  readonly publisher: RabbitPublisher;
  readonly topology: RabbitTopology;
  readonly environment: PipelineEnvironment;
  readonly settings: SubscriptionSettings;
  readonly handler: DeliveryHandler;
}

/** A queue's messages on their way into the pipeline, over every reconnect. */
export class RabbitSubscription implements BusSubscription {
  readonly consumer: RabbitConsumer;
  readonly #pipeline: DeliveryPipeline;

  constructor(private readonly parts: RabbitSubscriptionParts) {
    const { connection, topology, environment, settings, handler } = parts;
    this.#pipeline = new DeliveryPipeline({ ...settings, handler }, environment);
    this.consumer = new RabbitConsumer({
      connection,
      queue: settings.queue,
      prefetch: settings.prefetch ?? DEFAULT_PREFETCH,
      logger: environment.logger,
      random: environment.random,
      declare: (channel) => topology.declareQueue(channel, settings),
      onMessage: (message, session) => {
        this.#pipeline.accept(deliveryOf(message, topology), this.#settlementOf(message, session));
      },
    });
  }

  get queue(): string {
    return this.parts.settings.queue;
  }

  async resume(): Promise<void> {
    this.#pipeline.open();
    await this.consumer.start();
  }

  cancel(): Promise<void> {
    return this.stop();
  }

  stop(deadline?: AbortSignal): Promise<void> {
    return this.consumer.stop(() => this.#pipeline.drain(deadline));
  }

  #settlementOf(message: ConsumeMessage, session: ConsumerSession): Settlement {
    const { settings } = this.parts;
    return {
      lost: session.lost,
      fresh: !message.fields.redelivered,
      acknowledge: () => {
        session.settle((channel) => {
          channel.ack(message);
        });
      },
      park: async (note) => {
        // Queues of agents and of single processes have no parking place: the truth is elsewhere.
        if (settings.kind === 'shared') await this.#publishParked(message, note);
        session.settle((channel) => {
          channel.ack(message);
        });
      },
      giveBack: () => {
        session.settle((channel) => {
          channel.nack(message, false, true);
        });
      },
    };
  }

  async #publishParked(message: ConsumeMessage, note: ParkingNote): Promise<void> {
    const { connection, topology, publisher, settings } = this.parts;
    try {
      await publisher.publish({
        exchange: topology.exchange('spotopt.dead'),
        routingKey: topology.queue(settings.queue),
        body: message.content,
        options: parkingOptions(message, deliveryOf(message, topology), note),
      });
    } catch (error) {
      // The parking place was deleted or expired: it is made again for the next try.
      if (hasCode(error, 'message-unroutable')) {
        await connection.onChannel((channel) => topology.declareQueue(channel, settings));
      }
      throw error;
    }
  }
}
