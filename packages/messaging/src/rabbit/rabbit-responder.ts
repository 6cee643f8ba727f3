import type { ConsumeMessage } from 'amqplib';
import type { BusLogger } from '../bus-logger.js';
import type { BusSubscription, RpcResponder } from '../message-bus.js';
import { answerOf } from '../rpc/rpc-answer.js';
import type { ConsumerSession } from './consumer-session.js';
import type { RabbitConnection } from './rabbit-connection.js';
import { RabbitConsumer } from './rabbit-consumer.js';
import { CORRELATION_HEADER, FAILED_HEADER } from './rabbit-rpc-caller.js';
import type { RabbitTopology } from './rabbit-topology.js';

const PREFETCH = 50;

export interface RabbitResponderParts {
  readonly connection: RabbitConnection;
  readonly topology: RabbitTopology;
  readonly logger: BusLogger;
  readonly random: () => number;
  readonly method: string;
  readonly responder: RpcResponder;
}

export class RabbitResponder implements BusSubscription {
  readonly consumer: RabbitConsumer;
  readonly #inWork = new Set<Promise<void>>();

  constructor(private readonly parts: RabbitResponderParts) {
    const { connection, topology, logger, random, method } = parts;
    this.consumer = new RabbitConsumer({
      connection,
      queue: `${method}.rpc`,
      prefetch: PREFETCH,
      logger,
      random,
      declare: (channel) => topology.declareRpcQueue(channel, method),
      onMessage: (message, session) => {
        const work = this.#answer(message, session).finally(() => this.#inWork.delete(work));
        this.#inWork.add(work);
      },
    });
  }

  get queue(): string {
    return this.consumer.queue;
  }

  resume(): Promise<void> {
    return this.consumer.start();
  }

  cancel(): Promise<void> {
    return this.stop();
  }

  /** Requests that are not answered by the deadline go to another process of the service, if there is one. */
  stop(deadline?: AbortSignal): Promise<void> {
    return this.consumer.stop(async () => {
      const answered = Promise.all(this.#inWork);
      if (deadline === undefined) await answered;
      else await Promise.race([answered, aborted(deadline)]);
    });
  }

  async #answer(message: ConsumeMessage, session: ConsumerSession): Promise<void> {
    const { properties } = message;
    const replyTo: unknown = properties.replyTo;
    const correlationId = String(properties.correlationId);
    const correlation: unknown = properties.headers?.[CORRELATION_HEADER];
    const answer = await answerOf(() =>
      this.parts.responder(
        message.content.toString('utf8'),
        typeof correlation === 'string' ? correlation : undefined,
      ),
    );
    session.settle((channel) => {
      if (typeof replyTo === 'string') {
        channel.publish('', replyTo, Buffer.from(answer.body), {
          correlationId,
          contentType: 'application/json',
          headers: { [FAILED_HEADER]: answer.failed },
        });
      }
      channel.ack(message);
    });
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
