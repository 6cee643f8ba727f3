import { type ChannelModel, type Channel, connect } from 'amqplib';
import { waitFor } from '@spotopt/testkit';

/** Looks at queues beside those who use them. */
export class Broker {
  private constructor(
    private readonly model: ChannelModel,
    readonly channel: Channel,
  ) {}

  static async connect(url: string): Promise<Broker> {
    const model = await connect(url);
    return new Broker(model, await model.createChannel());
  }

  get version(): string {
    const { version } = this.model.connection.serverProperties;
    return typeof version === 'string' ? version : 'unknown';
  }

  /** An exchange with one durable queue behind it, as safe as those of the services. */
  async declareReference(exchange: string): Promise<void> {
    const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
    await this.channel.assertExchange(exchange, 'topic', { durable: true });
    await this.channel.assertQueue(exchange, quorum);
    await this.channel.bindQueue(exchange, exchange, 'report');
  }

  async removeReference(exchange: string): Promise<void> {
    await this.channel.deleteQueue(exchange);
    await this.channel.deleteExchange(exchange);
  }

  async purge(queue: string): Promise<void> {
    await this.channel.purgeQueue(queue);
  }

  async messagesIn(queue: string): Promise<number> {
    return (await this.channel.checkQueue(queue)).messageCount;
  }

  /** @throws the reason of the signal when it is aborted meanwhile */
  async untilEmpty(queue: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const isEmpty = async (): Promise<boolean> => signal.aborted || (await this.messagesIn(queue)) === 0;
    await waitFor(isEmpty, { timeoutMs, everyMs: 50, what: `${queue} to be empty` });
    signal.throwIfAborted();
  }

  async close(): Promise<void> {
    await this.model.close();
  }
}
