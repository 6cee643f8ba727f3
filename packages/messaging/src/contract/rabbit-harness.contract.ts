import { randomUUID } from 'node:crypto';
import { SystemClock } from '@spotopt/kernel';
import { TcpProxy, mulberry32, rabbitUrl } from '@spotopt/testkit';
import { connect } from 'amqplib';
import { silentLogger } from '../bus-logger.js';
import type { BusLogger } from '../bus-logger.js';
import { MemoryAttemptStore } from '../memory-attempt.store.js';
import type { AttemptStore } from '../message-bus.js';
import { RabbitMessageBus } from '../rabbit/rabbit-message-bus.js';
import type { BreakableBusHarness, BusHarness, BusHarnessFactory } from './bus-harness.contract.js';
import { PrivateRabbitNode, hasRabbitServer } from './private-rabbit-node.contract.js';

const EXCHANGES = ['spotopt.events', 'spotopt.commands', 'spotopt.rpc', 'spotopt.dead'];

/** A bus that remembers its queues, so that a test can remove them from a broker that others use. */
export class TidyRabbit implements BusHarness {
  readonly prefix = `test-${randomUUID().slice(0, 8)}.`;
  readonly #buses: RabbitMessageBus[] = [];
  readonly #queues = new Set<string>();

  constructor(
    private readonly url: string,
    private readonly logger: BusLogger = silentLogger,
  ) {}

  async connect(attempts: AttemptStore = new MemoryAttemptStore()): Promise<RabbitMessageBus> {
    const bus = await RabbitMessageBus.connect({
      url: this.url,
      clock: new SystemClock(),
      attempts,
      logger: this.logger,
      random: mulberry32(1),
      prefix: this.prefix,
    });
    this.#remember(bus);
    this.#buses.push(bus);
    return bus;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#buses.map((bus) => bus.close(0)));
    const connection = await connect(this.url);
    const channel = await connection.createChannel();
    for (const queue of this.#queues) {
      await channel.deleteQueue(this.prefix + queue);
      await channel.deleteQueue(`${this.prefix}${queue}.dead`);
    }
    for (const exchange of EXCHANGES) await channel.deleteExchange(this.prefix + exchange);
    await connection.close();
  }

  #remember(bus: RabbitMessageBus): void {
    const declare = bus.declareQueue.bind(bus);
    const subscribe = bus.subscribe.bind(bus);
    bus.declareQueue = (settings) => {
      this.#queues.add(settings.queue);
      return declare(settings);
    };
    bus.subscribe = (settings, handler) => {
      this.#queues.add(settings.queue);
      return subscribe(settings, handler);
    };
  }
}

export function openRabbit(logger?: BusLogger): Promise<TidyRabbit> {
  return Promise.resolve(new TidyRabbit(rabbitUrl(), logger));
}

/** One private broker for all tests of a file that kill it; without the server binary, a proxy is cut. */
export class BreakableRabbits {
  #node: Promise<PrivateRabbitNode> | undefined;

  readonly factory: BusHarnessFactory = {
    open: () => openRabbit(),
    openBreakable: () => (hasRabbitServer() ? this.#openNode() : this.#openProxy()),
  };

  async dispose(): Promise<void> {
    await (await this.#node)?.dispose();
  }

  async #openNode(): Promise<BreakableBusHarness> {
    this.#node ??= PrivateRabbitNode.create();
    const node = await this.#node;
    const tidy = new TidyRabbit(node.url);
    return {
      connect: (attempts) => tidy.connect(attempts),
      breakBroker: () => node.kill(),
      mendBroker: () => node.start(),
      dispose: () => tidy.dispose(),
    };
  }

  async #openProxy(): Promise<BreakableBusHarness> {
    const proxy = await TcpProxy.before(rabbitUrl());
    const tidy = new TidyRabbit(proxy.url);
    return {
      connect: (attempts) => tidy.connect(attempts),
      breakBroker: () => proxy.cut(),
      mendBroker: () => proxy.listen(),
      dispose: async () => {
        await tidy.dispose();
        await proxy.cut();
      },
    };
  }
}
