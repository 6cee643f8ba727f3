import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, SystemClock } from '@spotopt/kernel';
import { TcpProxy, rabbitUrl, recordingLogger, waitFor } from '@spotopt/testkit';
import type { RecordingLogger } from '@spotopt/testkit';
import { connect } from 'amqplib';
import type { Channel, ChannelModel } from 'amqplib';
import {
  Recorder,
  agentQueue,
  commandFor,
  eventOn,
  relay,
  sharedQueue,
  uniqueName,
} from '../contract/bus-harness.contract.js';
import { TidyRabbit } from '../contract/rabbit-harness.contract.js';
import { MemoryAttemptStore } from '../memory-attempt.store.js';
import { RabbitMessageBus } from './rabbit-message-bus.js';
import type { RabbitBusSettings } from './rabbit-message-bus.js';

const LONG_MS = 60_000;

function settingsFor(url: string, logger: RecordingLogger): RabbitBusSettings {
  return { url, clock: new SystemClock(), attempts: new MemoryAttemptStore(), logger };
}

/** What only a real broker does to its clients. */
describe('RabbitMessageBus under faults', () => {
  let proxy: TcpProxy;
  let tidy: TidyRabbit;
  let bus: RabbitMessageBus;
  let logger: RecordingLogger;
  let admin: ChannelModel;
  let channel: Channel;
  let key: string;
  let queue: string;

  beforeEach(async () => {
    proxy = await TcpProxy.before(rabbitUrl());
    logger = recordingLogger();
    tidy = new TidyRabbit(proxy.url, logger);
    bus = await tidy.connect();
    admin = await connect(rabbitUrl());
    channel = await admin.createChannel();
    channel.on('error', () => undefined);
    key = uniqueName('thing.changed');
    queue = uniqueName('reader');
  });

  afterEach(async () => {
    await admin.close();
    await tidy.dispose();
    await proxy.cut();
  }, LONG_MS);

  it('says which queue has other settings, and what to do', async () => {
    await channel.assertQueue(tidy.prefix + queue, { durable: true });
    await expect(bus.subscribe(sharedQueue(queue, key), () => Promise.resolve())).rejects.toMatchObject({
      code: 'topology-mismatch',
      kind: 'permanent',
      message: expect.stringMatching(new RegExp(`${queue}.*rabbitmqctl delete_queue`, 's')),
    });
    expect(bus.health().notConsuming).toEqual([]);
  });

  it('refuses at once to start with wrong credentials, and says where', async () => {
    const url = new URL(rabbitUrl());
    url.password = 'wrong';
    await expect(RabbitMessageBus.connect(settingsFor(url.href, logger))).rejects.toMatchObject({
      code: 'broker-refused',
      message: expect.not.stringContaining('wrong'),
    });
  });

  it('gives up the first connection after its timeout', async () => {
    await proxy.cut();
    await expect(
      RabbitMessageBus.connect({ ...settingsFor(proxy.url, logger), connectTimeoutMs: 200 }),
    ).rejects.toMatchObject({ code: 'broker-unavailable', kind: 'transient' });
    await proxy.listen();
  });

  it('publishes again after a missing exchange closed the channel, and makes the exchange anew', async () => {
    const recorder = new Recorder();
    await bus.subscribe(sharedQueue(queue, key), recorder.handler);
    await bus.publish(eventOn(key));
    await channel.deleteExchange(`${tidy.prefix}spotopt.commands`);
    const outcomes = await Promise.allSettled([bus.publish(commandFor(key)), bus.publish(eventOn(key))]);
    expect(outcomes[0]).toMatchObject({ status: 'rejected', reason: { code: 'publish-unconfirmed' } });
    await relay(bus, eventOn(key, { id: 'after' }));
    await bus.declareQueue(agentQueue(key));
    await relay(bus, commandFor(key));
    await waitFor(() => recorder.effects.has('after'), { what: 'the message after the fault' });
  });

  it(
    'consumes again after an error closed its channel',
    async () => {
      const recorder = new Recorder();
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      await channel.deleteExchange(`${tidy.prefix}spotopt.events`);
      proxy.dropConnections();
      await relay(bus, eventOn(key, { id: 'after' }));
      await recorder.untilDone(1, LONG_MS);
    },
    LONG_MS,
  );

  it(
    'loses nothing confirmed over five resets in a row',
    async () => {
      const recorder = new Recorder();
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      for (let reset = 0; reset < 5; reset += 1) {
        const published = Array.from({ length: 20 }, (_, n) =>
          relay(bus, eventOn(key, { id: `m-${String(reset)}-${String(n)}`, subject: String(n) })),
        );
        await recorder.untilDelivered(reset * 20 + 1, LONG_MS);
        proxy.dropConnections();
        await Promise.all(published);
      }
      await recorder.untilDone(100, LONG_MS);
      expect(recorder.effects.size).toBe(100);
      await waitFor(() => bus.health().notConsuming.length === 0, { what: 'health', timeoutMs: LONG_MS });
    },
    2 * LONG_MS,
  );

  it(
    'leaves no publish open when the network swallows everything',
    async () => {
      await bus.declareQueue(agentQueue(key));
      await bus.publish(commandFor(key));
      proxy.freeze();
      const startedAtMs = performance.now();
      await expect(bus.publish(commandFor(key))).rejects.toMatchObject({ code: 'publish-unconfirmed' });
      expect(performance.now() - startedAtMs).toBeLessThan(6_000);
      proxy.dropConnections();
      await relay(bus, commandFor(key));
    },
    LONG_MS,
  );

  it(
    'closes within its time when the network swallows everything',
    async () => {
      const recorder = new Recorder();
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      proxy.freeze();
      const startedAtMs = performance.now();
      await bus.close(100);
      expect(performance.now() - startedAtMs).toBeLessThan(11_000);
      proxy.dropConnections();
    },
    LONG_MS,
  );

  it('makes nothing on the broker for a user who may only consume', async () => {
    const prefix = `${tidy.prefix}agent-only.`;
    const settings = agentQueue(key);
    await channel.assertQueue(prefix + settings.queue, { autoDelete: true });
    const restricted = await RabbitMessageBus.connect({
      ...settingsFor(proxy.url, logger),
      prefix,
      declares: false,
    });
    const recorder = new Recorder();
    await restricted.subscribe(settings, recorder.handler);
    channel.sendToQueue(prefix + settings.queue, Buffer.from('{}'), { messageId: 'c-1' });
    await recorder.untilDone(1);
    await restricted.close(0);
    await expect(channel.checkExchange(`${prefix}spotopt.events`)).rejects.toMatchObject({ code: 404 });
  });

  it('makes the parking place again when somebody removed it', async () => {
    await bus.subscribe(sharedQueue(queue, key), () => Promise.reject(AppError.permanent('gone', 'gone')));
    await channel.deleteQueue(`${tidy.prefix}${queue}.dead`);
    await bus.publish(eventOn(key, { id: 'm-1' }));
    await waitFor(async () => (await bus.parked(queue, 1)).length === 1, {
      what: 'the message to be parked',
      everyMs: 50,
    });
  });

  it('does not believe what a message says about where it came from', async () => {
    const recorder = new Recorder();
    await bus.subscribe(sharedQueue(queue, key), recorder.handler);
    channel.publish(`${tidy.prefix}spotopt.events`, key, Buffer.from('{}'), {
      headers: {
        'x-spotopt-exchange': 'spotopt.commands',
        'x-spotopt-routing-key': 'agent.command.queued.v1',
      },
    });
    await recorder.untilDone(1);
    expect(recorder.deliveries).toMatchObject([
      {
        exchange: 'spotopt.events',
        routingKey: key,
        headers: {},
        messageId: expect.stringMatching(/^sha256-/),
      },
    ]);
  });

  it(
    'shows and redrives what the broker dead-lettered by itself',
    async () => {
      let crashing = true;
      const recorder = new Recorder(() => Promise.resolve());
      const subscription = await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      await subscription.cancel();
      await bus.publish(eventOn(key, { id: 'm-1' }));
      await channel.consume(
        tidy.prefix + queue,
        (message) => {
          if (message !== null) channel.reject(message, crashing);
        },
        { consumerTag: 'crasher' },
      );
      const [parked] = await waitFor(
        async () => {
          const found = await bus.parked(queue, 10);
          return found.length > 0 && found;
        },
        { what: 'the delivery limit to be reached', timeoutMs: LONG_MS, everyMs: 200 },
      );
      crashing = false;
      await channel.cancel('crasher');
      expect(parked).toMatchObject({
        reason: 'too-many-attempts',
        error: 'dead-lettered by the broker (delivery_limit)',
        delivery: { messageId: 'm-1', exchange: 'spotopt.events', routingKey: key },
      });
      expect(await bus.redrive(queue, 10)).toBe(1);
      await subscription.resume();
      await recorder.untilDone(1);
      expect(recorder.deliveries).toMatchObject([
        { messageId: 'm-1', exchange: 'spotopt.events', routingKey: key },
      ]);
    },
    LONG_MS,
  );
});
