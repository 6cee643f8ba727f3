import { randomUUID } from 'node:crypto';
import type { Channel, ConsumeMessage, Message } from 'amqplib';
import type { RpcCall } from '../message-bus.js';
import { bodyOf, rpcAnswerLost, rpcNoResponder, rpcTimeout } from '../rpc/rpc-answer.js';
import type { RpcAnswer } from '../rpc/rpc-answer.js';
import type { RabbitConnection } from './rabbit-connection.js';

/** The broker's own reply queue: no declaration, and it is gone with the channel. */
const REPLY_TO = 'amq.rabbitmq.reply-to';
export const FAILED_HEADER = 'x-spotopt-failed';
export const CORRELATION_HEADER = 'correlation';

interface Waiting {
  readonly method: string;
  readonly resolve: (answer: RpcAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Sends requests and matches the answers; replies must come to the channel that sent the request. */
export class RabbitRpcCaller {
  readonly #waiting = new Map<string, Waiting>();
  #channel: Promise<Channel> | undefined;

  constructor(
    private readonly connection: RabbitConnection,
    private readonly exchange: string,
  ) {}

  async call(call: RpcCall): Promise<string> {
    const { method, timeoutMs } = call;
    if (!this.connection.connected) throw rpcNoResponder(method, 'not connected to the broker');
    const id = randomUUID();
    let timer: NodeJS.Timeout | undefined;
    try {
      return bodyOf(
        await new Promise<RpcAnswer>((resolve, reject) => {
          timer = setTimeout(() => {
            reject(rpcTimeout(method, timeoutMs));
          }, timeoutMs);
          this.#waiting.set(id, { method, resolve, reject });
          this.#send(id, call).catch((error: unknown) => {
            reject(rpcNoResponder(method, `request could not be sent: ${String(error)}`));
          });
        }),
      );
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  async #send(id: string, { method, body, timeoutMs, correlationId }: RpcCall): Promise<void> {
    const channel = await this.#open();
    channel.publish(this.exchange, method, Buffer.from(body), {
      mandatory: true,
      messageId: id,
      correlationId: id,
      replyTo: REPLY_TO,
      type: method,
      contentType: 'application/json',
      expiration: Math.max(1, Math.round(timeoutMs)),
      headers: correlationId === undefined ? {} : { [CORRELATION_HEADER]: correlationId },
    });
  }

  async #open(): Promise<Channel> {
    this.#channel ??= this.#newChannel();
    try {
      return await this.#channel;
    } catch (error) {
      this.#channel = undefined;
      throw error;
    }
  }

  async #newChannel(): Promise<Channel> {
    const channel = await this.connection.channel();
    channel.on('close', () => {
      this.#abandon();
    });
    channel.on('return', ({ properties }: Message) => {
      const waiting = this.#waiting.get(String(properties.messageId));
      waiting?.reject(rpcNoResponder(waiting.method, 'no service has registered it'));
    });
    await channel.consume(
      REPLY_TO,
      (reply) => {
        this.#onReply(reply);
      },
      { noAck: true },
    );
    return channel;
  }

  #onReply(reply: ConsumeMessage | null): void {
    if (reply === null) return this.#abandon();
    const headers: Record<string, unknown> = reply.properties.headers ?? {};
    this.#waiting.get(String(reply.properties.correlationId))?.resolve({
      failed: headers[FAILED_HEADER] === true,
      body: reply.content.toString('utf8'),
    });
  }

  /** Answers to what was sent will not arrive any more; whether it was done is unknown. */
  #abandon(): void {
    this.#channel = undefined;
    for (const { method, reject } of this.#waiting.values()) {
      reject(rpcAnswerLost(method));
    }
  }
}
