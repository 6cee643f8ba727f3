import { Socket } from 'node:net';
import type { ConfirmChannel, Message, Options } from 'amqplib';
import { messageUnroutable, publishUnconfirmed } from '../publish-errors.js';
import { ConfirmDeadlines } from './confirm-deadlines.js';
import type { RabbitConnection } from './rabbit-connection.js';

const CONFIRM_TIMEOUT_MS = 5_000;

export interface Publication {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly options: Options.Publish;
}

/**
 * The one place that publishes with a promise: it holds only when the broker confirmed and did not return
 * the message. A return comes before the confirm of the same message, so the two are joined by what
 * identifies the message on its channel.
 */
export class RabbitPublisher {
  #channel: Promise<ConfirmChannel> | undefined;
  /** The same once it is there. */
  #ready: ConfirmChannel | undefined;
  readonly #deadlines = new ConfirmDeadlines(CONFIRM_TIMEOUT_MS);
  readonly #returned = new Map<string, number>();
  /** Frames are held back until the next turn. */
  #gathering = false;
  #gatheredMore = false;

  constructor(
    private readonly connection: RabbitConnection,
    private readonly declareExchanges: (channel: ConfirmChannel) => Promise<void>,
  ) {}

  /** @throws AppError `message-unroutable`, `publish-unconfirmed` (transient) */
  async publish(publication: Publication): Promise<void> {
    const { connection } = this;
    if (!connection.connected) throw publishUnconfirmed('not connected to the broker');
    if (connection.blocked !== undefined) throw publishUnconfirmed(`broker blocked: ${connection.blocked}`);
    const channel = this.#ready ?? (await this.#openInTime());
    await this.#confirmed(channel, publication);
  }

  async #openInTime(): Promise<ConfirmChannel> {
    return new Promise((resolve, reject) => {
      const deadline = this.#deadlines.add(() => {
        reject(unconfirmed());
      });
      void this.#open()
        .then(resolve, reject)
        .finally(() => {
          this.#deadlines.done(deadline);
        });
    });
  }

  async #confirmed(channel: ConfirmChannel, publication: Publication): Promise<void> {
    const { exchange, routingKey, body, options } = publication;
    const failure = await new Promise<unknown>((resolve, reject) => {
      const deadline = this.#deadlines.add(() => {
        reject(unconfirmed());
      });
      const settle = (problem: unknown): void => {
        this.#deadlines.done(deadline);
        resolve(problem);
      };
      try {
        this.#writeTogether(channel);
        channel.publish(exchange, routingKey, body, options, settle);
      } catch (error) {
        settle(error);
      }
    });
    const returned = this.#takeReturn(keyOf(exchange, routingKey, options.messageId));
    if (failure instanceof Error)
      throw publishUnconfirmed(`the broker did not take it: ${failure.message}`, failure);
    if (returned) throw messageUnroutable(exchange, routingKey);
  }

  /**
   * What is published in one turn leaves in one write, in the next turn. The client alone would write every frame of
   * every message by itself, which costs more than all the rest of publishing.
   */
  #writeTogether(channel: ConfirmChannel): void {
    if (this.#gathering) {
      this.#gatheredMore = true;
      return;
    }
    const stream: unknown = Reflect.get(channel.connection, 'stream');
    if (!(stream instanceof Socket)) return;
    this.#gathering = true;
    stream.cork();
    // The client hands its frames to the socket at the end of this turn.
    setImmediate(() => {
      this.#gatheredMore = false;
      setImmediate(() => {
        this.#flush(stream);
      });
    });
  }

  #flush(stream: Socket): void {
    stream.uncork();
    this.#gathering = this.#gatheredMore;
    if (!this.#gatheredMore) return;
    this.#gatheredMore = false;
    stream.cork();
    setImmediate(() => {
      this.#flush(stream);
    });
  }

  async #open(): Promise<ConfirmChannel> {
    this.#channel ??= this.#newChannel();
    try {
      return await this.#channel;
    } catch (error) {
      this.#channel = undefined;
      throw publishUnconfirmed('no channel to publish on', error);
    }
  }

  async #newChannel(): Promise<ConfirmChannel> {
    const channel = await this.connection.confirmChannel();
    channel.on('close', () => {
      this.#channel = undefined;
      this.#ready = undefined;
      this.#returned.clear();
    });
    channel.on('return', ({ fields, properties }: Message) => {
      const key = keyOf(fields.exchange, fields.routingKey, properties.messageId);
      this.#returned.set(key, (this.#returned.get(key) ?? 0) + 1);
    });
    await this.declareExchanges(channel);
    this.#ready = channel;
    return channel;
  }

  #takeReturn(key: string): boolean {
    const count = this.#returned.get(key) ?? 0;
    if (count > 1) this.#returned.set(key, count - 1);
    else this.#returned.delete(key);
    return count > 0;
  }
}

function unconfirmed(): Error {
  return publishUnconfirmed(`no confirm within ${String(CONFIRM_TIMEOUT_MS)} ms`);
}

function keyOf(exchange: string, routingKey: string, messageId: unknown): string {
  return `${exchange}\n${routingKey}\n${String(messageId)}`;
}
