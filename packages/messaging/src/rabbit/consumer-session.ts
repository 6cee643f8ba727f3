import type { Channel, ConsumeMessage } from 'amqplib';
import type { BusLogger } from '../bus-logger.js';

/** One channel with one consumer on it, from its opening to its end. */
export class ConsumerSession {
  readonly #lost = new AbortController();
  readonly ended: Promise<string>;
  #end: (why: string) => void = () => undefined;
  #inWork = 0;
  #retired = false;
  #tag: string | undefined;

  constructor(
    readonly channel: Channel,
    private readonly logger: BusLogger,
  ) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    channel.on('close', () => {
      this.#lost.abort();
      this.#end('channel closed');
    });
  }

  /** Aborted when the channel is gone, and with it every delivery that came through it. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async consume(queue: string, onMessage: (message: ConsumeMessage) => void): Promise<void> {
    const { consumerTag } = await this.channel.consume(queue, (message) => {
      if (message === null) {
        this.#tag = undefined;
        this.#end('the broker cancelled the consumer');
        return;
      }
      this.#inWork += 1;
      onMessage(message);
    });
    this.#tag = consumerTag;
  }

  /** Applies `settle` unless the channel is gone, and counts the delivery as done. */
  settle(settle: (channel: Channel) => void): void {
    this.#inWork -= 1;
    if (!this.lost.aborted) {
      try {
        settle(this.channel);
      } catch (error) {
        this.logger.debug({ err: error }, 'channel ended while a delivery was settled');
      }
    }
    this.#closeWhenDone();
  }

  async cancel(): Promise<void> {
    const tag = this.#tag;
    this.#tag = undefined;
    if (tag !== undefined && !this.lost.aborted) await this.#quietly(this.channel.cancel(tag));
    this.#end('cancelled');
  }

  /** Closes the channel once every delivery that it brought is settled. */
  retire(): void {
    this.#retired = true;
    this.#closeWhenDone();
  }

  /** The broker has seen every acknowledgement when this resolves. */
  async close(): Promise<void> {
    if (!this.lost.aborted) await this.#quietly(this.channel.close());
  }

  #closeWhenDone(): void {
    if (this.#retired && this.#inWork === 0) void this.close();
  }

  async #quietly(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.logger.debug({ err: error }, 'channel was gone already');
    }
  }
}
