import type { Channel, GetMessage } from 'amqplib';
import type { ParkedMessage } from '../message-bus.js';
import { closeQuietly } from './rabbit-connection.js';
import type { RabbitConnection } from './rabbit-connection.js';
import { deliveryOf, parkedOf, redriveOptions } from './rabbit-delivery.js';
import type { RabbitPublisher } from './rabbit-publisher.js';
import type { RabbitTopology } from './rabbit-topology.js';

export interface RabbitParkingParts {
  readonly connection: RabbitConnection;
  readonly publisher: RabbitPublisher;
  readonly topology: RabbitTopology;
}

const NOT_FOUND = 404;

/** Parked messages of a queue: looking at them, and putting them back. */
export class RabbitParking {
  constructor(private readonly parts: RabbitParkingParts) {}

  async list(queue: string, limit: number): Promise<readonly ParkedMessage[]> {
    const { topology } = this.parts;
    const parked: ParkedMessage[] = [];
    await this.#take(queue, limit, (message) => {
      parked.push(parkedOf(message, topology));
      return Promise.resolve('keep');
    });
    return parked;
  }

  /** Answers the ids of the messages that are back in their queue. */
  async redrive(queue: string, limit: number): Promise<readonly string[]> {
    const { topology, publisher } = this.parts;
    const moved: string[] = [];
    await this.#take(queue, limit, async (message) => {
      const delivery = deliveryOf(message, topology);
      await publisher.publish({
        exchange: '',
        routingKey: topology.queue(queue),
        body: message.content,
        options: redriveOptions(message, delivery),
      });
      moved.push(delivery.messageId);
      return 'remove';
    });
    return moved;
  }

  /** What is kept goes back when the channel closes, in its old order. */
  async #take(
    queue: string,
    limit: number,
    look: (message: GetMessage) => Promise<'keep' | 'remove'>,
  ): Promise<void> {
    const channel = await this.parts.connection.channelNow();
    try {
      for (let taken = 0; taken < limit; taken += 1) {
        const message = await get(channel, this.parts.topology.deadQueue(queue));
        if (message === undefined) break;
        if ((await look(message)) === 'remove') channel.ack(message);
      }
    } finally {
      await closeQuietly(channel);
    }
  }
}

async function get(channel: Channel, queue: string): Promise<GetMessage | undefined> {
  try {
    const message = await channel.get(queue);
    return message === false ? undefined : message;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === NOT_FOUND) return undefined;
    throw error;
  }
}
