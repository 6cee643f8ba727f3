import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@spotopt/testkit';
import type { MessageBus } from '../message-bus.js';
import {
  Recorder,
  agentQueue,
  commandFor,
  eventOn,
  sharedQueue,
  uniqueName,
} from './bus-harness.contract.js';
import type { BusHarness, BusHarnessFactory } from './bus-harness.contract.js';

/** Publishing, routing, order. */
export function deliveryContract(factory: BusHarnessFactory): void {
  describe('delivery', () => {
    let harness: BusHarness;
    let bus: MessageBus;
    let key: string;
    let queue: string;

    beforeEach(async () => {
      harness = await factory.open();
      bus = await harness.connect();
      key = uniqueName('thing.changed');
      queue = uniqueName('reader');
    });

    afterEach(async () => {
      await harness.dispose();
    });

    it('delivers a confirmed message once, as it was sent', async () => {
      const recorder = new Recorder();
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      const message = eventOn(key, { body: { text: 'größer' } });
      await bus.publish(message);
      await recorder.untilDone(1);
      expect(recorder.deliveries).toEqual([
        {
          messageId: message.messageId,
          exchange: 'spotopt.events',
          routingKey: key,
          type: message.type,
          contentType: message.contentType,
          body: message.body,
          correlationId: message.correlationId,
          headers: { subject: 'agent-1' },
          redelivered: false,
        },
      ]);
      expect(recorder.contexts[0]).toMatchObject({ attempt: 1, queue });
    });

    it('rejects what no queue takes, and only that', async () => {
      await bus.declareQueue(agentQueue(key));
      const lonely = commandFor(uniqueName('nobody'));
      const outcomes = await Promise.allSettled([
        bus.publish(commandFor(key)),
        bus.publish(lonely),
        bus.publish(eventOn(uniqueName('unheard'))),
        bus.publish(commandFor(key)),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'rejected',
        'fulfilled',
      ]);
      await expect(bus.publish(lonely)).rejects.toMatchObject({
        code: 'message-unroutable',
        kind: 'transient',
      });
    });

    it('keeps messages of a declared queue for a reader that comes later', async () => {
      const settings = agentQueue(key);
      await bus.declareQueue(settings);
      await bus.publish(commandFor(key, { id: 'c-1' }));
      await bus.publish(commandFor(key, { id: 'c-2' }));
      const recorder = new Recorder();
      await bus.subscribe(settings, recorder.handler);
      await recorder.untilDone(2);
      expect(recorder.ids).toEqual(['c-1', 'c-2']);
    });

    it('refuses the message over the length of an agent queue and keeps the older ones', async () => {
      const settings = agentQueue(key);
      await bus.declareQueue(settings);
      const ids = Array.from({ length: 100 }, (_, index) => `c-${String(index)}`);
      for (const id of ids) await bus.publish(commandFor(key, { id }));
      await expect(bus.publish(commandFor(key))).rejects.toMatchObject({ code: 'publish-unconfirmed' });
      const recorder = new Recorder();
      await bus.subscribe(settings, recorder.handler);
      await recorder.untilDone(100);
      expect(recorder.ids).toEqual(ids);
    });

    it('drops a message after its time to live', async () => {
      const settings = agentQueue(key);
      await bus.declareQueue(settings);
      await bus.publish(commandFor(key, { id: 'short', ttlMs: 1 }));
      const expired = performance.now() + 20;
      await waitFor(() => performance.now() > expired, { what: 'the message to expire' });
      await bus.publish(commandFor(key, { id: 'long' }));
      const recorder = new Recorder();
      await bus.subscribe(settings, recorder.handler);
      await recorder.untilDone(1);
      expect(recorder.ids).toEqual(['long']);
    });

    it('removes a queue with what it holds', async () => {
      const settings = agentQueue(key);
      await bus.declareQueue(settings);
      await bus.publish(commandFor(key));
      await bus.deleteQueue(settings.queue);
      await bus.deleteQueue(settings.queue);
      await expect(bus.publish(commandFor(key))).rejects.toMatchObject({ code: 'message-unroutable' });
    });

    it('keeps the order of a subject while subjects overlap', async () => {
      let running = 0;
      let mostRunning = 0;
      const recorder = new Recorder(async (delivery) => {
        running += 1;
        mostRunning = Math.max(mostRunning, running);
        const { n } = JSON.parse(delivery.body) as { n: number };
        for (let turn = 0; turn < (n * 7) % 5; turn += 1) await new Promise(setImmediate);
        running -= 1;
      });
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      const published: Promise<void>[] = [];
      for (let n = 0; n < 20; n += 1) {
        for (const subject of ['a', 'b', 'c'])
          published.push(bus.publish(eventOn(key, { subject, body: { n } })));
      }
      await recorder.untilDone(60);
      await Promise.all(published);
      for (const subject of ['a', 'b', 'c']) {
        const order = recorder.deliveries
          .filter((delivery) => delivery.headers['subject'] === subject)
          .map((delivery) => (JSON.parse(delivery.body) as { n: number }).n);
        expect(order).toEqual(Array.from({ length: 20 }, (_, n) => n));
      }
      expect(mostRunning).toBeGreaterThan(1);
    });

    it('never has more messages in work than the prefetch', async () => {
      let running = 0;
      let mostRunning = 0;
      const recorder = new Recorder(async () => {
        running += 1;
        mostRunning = Math.max(mostRunning, running);
        await new Promise(setImmediate);
        running -= 1;
      });
      await bus.subscribe(
        { ...sharedQueue(queue, key), prefetch: 3, laneOf: (delivery) => delivery.messageId },
        recorder.handler,
      );
      const published = Array.from({ length: 30 }, () => bus.publish(eventOn(key)));
      await recorder.untilDone(30);
      await Promise.all(published);
      expect(mostRunning).toBeLessThanOrEqual(3);
    });

    it('serves two applications in one process: a copy per queue, one of both per shared queue', async () => {
      const other = await harness.connect();
      const otherQueue = uniqueName('other');
      const mine = new Recorder();
      const theirs = new Recorder();
      const together = new Recorder();
      await bus.subscribe(sharedQueue(queue, key), mine.handler);
      await other.subscribe(sharedQueue(otherQueue, key), theirs.handler);
      const competed = uniqueName('competed');
      await bus.subscribe(sharedQueue(competed, key), together.handler);
      await other.subscribe(sharedQueue(competed, key), together.handler);
      await Promise.all(Array.from({ length: 20 }, () => bus.publish(eventOn(key))));
      await Promise.all([mine.untilDone(20), theirs.untilDone(20), together.untilDone(20)]);
      expect([mine.ids.length, theirs.ids.length, together.ids.length]).toEqual([20, 20, 20]);
    });

    it('gives every listener of an ephemeral queue its own copy, also by wildcard', async () => {
      const other = await harness.connect();
      const recorders = [new Recorder(), new Recorder()];
      const settings = { ...sharedQueue(queue, `${key}.#`), kind: 'ephemeral' as const };
      await bus.subscribe(settings, recorders[0]!.handler);
      await other.subscribe(settings, recorders[1]!.handler);
      await bus.publish(eventOn(`${key}.v1`));
      await Promise.all(recorders.map((recorder) => recorder.untilDone(1)));
      expect(recorders.map(({ ids }) => ids.length)).toEqual([1, 1]);
    });
  });
}
