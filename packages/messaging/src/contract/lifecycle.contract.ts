import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@spotopt/testkit';
import type { MessageBus } from '../message-bus.js';
import {
  Gate,
  Recorder,
  commandFor,
  agentQueue,
  eventOn,
  relay,
  sharedQueue,
  uniqueName,
} from './bus-harness.contract.js';
import type { BreakableBusHarness, BusHarness, BusHarnessFactory } from './bus-harness.contract.js';

const LONG_MS = 60_000;

/** Processes that come and go. */
export function lifecycleContract(factory: BusHarnessFactory): void {
  describe('life cycle', () => {
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

    it('delivers again what a dead consumer had in work', async () => {
      const first = await harness.connect();
      const gate = new Gate();
      const dying = new Recorder(() => gate.pass());
      await first.subscribe(sharedQueue(queue, key), dying.handler);
      const published = bus.publish(eventOn(key, { id: 'm-1' }));
      await dying.untilDelivered(1);
      await first.close(0);
      expect(dying.contexts[0]?.signal.aborted).toBe(true);
      const recorder = new Recorder();
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      await recorder.untilDone(1);
      await published;
      gate.open();
      expect(recorder.deliveries).toMatchObject([{ messageId: 'm-1', redelivered: true }]);
    });

    it('has one effect for a duplicate that an inbox absorbs', async () => {
      const inbox = new Set<string>();
      let effects = 0;
      const recorder = new Recorder((delivery) => {
        if (!inbox.has(delivery.messageId)) effects += 1;
        inbox.add(delivery.messageId);
        return Promise.resolve();
      });
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      const message = eventOn(key);
      await bus.publish(message);
      await Promise.all([bus.publish(message), bus.publish(message)]);
      await recorder.untilDelivered(3);
      expect(effects).toBe(1);
    });

    it('finishes what is in work before it closes, and gives back what has not begun', async () => {
      const first = await harness.connect();
      const gate = new Gate();
      const draining = new Recorder(() => gate.pass());
      await first.subscribe(sharedQueue(queue, key), draining.handler);
      const published = ['m-1', 'm-2', 'm-3'].map((id) => bus.publish(eventOn(key, { id })));
      await draining.untilDelivered(1);
      const closed = first.close(LONG_MS);
      gate.open();
      await closed;
      expect([...draining.effects]).toEqual(['m-1']);
      const recorder = new Recorder();
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      await recorder.untilDone(2);
      await Promise.all(published);
      expect(recorder.ids).toEqual(['m-2', 'm-3']);
      await first.close(0);
    });

    it('gives back what is in work when the deadline of the drain passes', async () => {
      const first = await harness.connect();
      const gate = new Gate();
      const slow = new Recorder(() => gate.pass());
      await first.subscribe(
        { ...sharedQueue(queue, key), laneOf: (delivery) => delivery.messageId },
        slow.handler,
      );
      const published = ['m-1', 'm-2'].map((id) => bus.publish(eventOn(key, { id })));
      await slow.untilDelivered(2);
      await first.close(30);
      const recorder = new Recorder();
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      await recorder.untilDone(2);
      await Promise.all(published);
      gate.open();
      expect([...recorder.effects].sort()).toEqual(['m-1', 'm-2']);
    });

    it('takes nothing after cancel, and all of it after resume', async () => {
      const recorder = new Recorder();
      const settings = agentQueue(key);
      const subscription = await bus.subscribe(settings, recorder.handler);
      await bus.publish(commandFor(key, { id: 'c-1' }));
      await recorder.untilDone(1);
      await subscription.cancel();
      expect(bus.health().notConsuming).toEqual([]);
      await bus.publish(commandFor(key, { id: 'c-2' }));
      const elsewhere = new Recorder();
      const otherKey = uniqueName('other');
      await bus.subscribe(agentQueue(otherKey), elsewhere.handler);
      await bus.publish(commandFor(otherKey));
      await elsewhere.untilDone(1);
      expect(recorder.ids).toEqual(['c-1']);
      await subscription.resume();
      await recorder.untilDone(2);
      expect(recorder.ids).toEqual(['c-1', 'c-2']);
    });

    it('consumes again, and loses nothing confirmed, after its queue was deleted', async () => {
      const operator = await harness.connect();
      const recorder = new Recorder();
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      await relay(bus, eventOn(key, { id: 'm-0' }));
      await recorder.untilDone(1);
      const published = [];
      await operator.deleteQueue(queue);
      for (let n = 1; n <= 50; n += 1) published.push(relay(bus, eventOn(key, { id: `m-${String(n)}` })));
      await Promise.all(published);
      await recorder.untilDone(51);
      await waitFor(() => bus.health().notConsuming.length === 0, { what: 'the consumer to be back' });
    });
  });

  describe('broker outage', () => {
    let harness: BreakableBusHarness;
    let bus: MessageBus;
    let key: string;
    let queue: string;

    beforeEach(async () => {
      harness = await factory.openBreakable();
      bus = await harness.connect();
      key = uniqueName('thing.changed');
      queue = uniqueName('reader');
    }, LONG_MS);

    afterEach(async () => {
      await harness.dispose();
    }, LONG_MS);

    it(
      'loses none of 50 messages in flight when the broker is killed and comes back',
      async () => {
        const gate = new Gate();
        const recorder = new Recorder(() => gate.pass());
        await bus.subscribe(
          { ...sharedQueue(queue, key), prefetch: 50, laneOf: (delivery) => delivery.messageId },
          recorder.handler,
        );
        const ids = Array.from({ length: 50 }, (_, n) => `m-${String(n)}`);
        const published = ids.map((id) => relay(bus, eventOn(key, { id })));
        await recorder.untilDelivered(50);
        await harness.breakBroker();
        await waitFor(() => !bus.health().connected, { what: 'the outage to be seen', timeoutMs: LONG_MS });
        const late = relay(bus, eventOn(key, { id: 'm-late' }));
        await harness.mendBroker();
        await waitFor(() => bus.health().connected && bus.health().notConsuming.length === 0, {
          what: 'the consumer to be back',
          timeoutMs: LONG_MS,
        });
        gate.open();
        await Promise.all([...published, late]);
        await recorder.untilDone(51, LONG_MS);
        expect([...recorder.effects].sort()).toEqual([...ids, 'm-late'].sort());
      },
      2 * LONG_MS,
    );

    it(
      'rejects publishes while it is disconnected, and publishes again afterwards',
      async () => {
        const recorder = new Recorder();
        await bus.subscribe(sharedQueue(queue, key), recorder.handler);
        await harness.breakBroker();
        await waitFor(() => !bus.health().connected, { what: 'the outage to be seen', timeoutMs: LONG_MS });
        const askedAtMs = performance.now();
        await expect(bus.publish(eventOn(key))).rejects.toMatchObject({
          code: 'publish-unconfirmed',
          kind: 'transient',
        });
        await expect(
          bus.request({ method: 'nobody.answers', body: '{}', timeoutMs: 5_000 }),
        ).rejects.toMatchObject({ kind: 'transient' });
        expect(performance.now() - askedAtMs).toBeLessThan(5_500);
        await harness.mendBroker();
        await relay(bus, eventOn(key, { id: 'after' }));
        await recorder.untilDone(1, LONG_MS);
        expect([...recorder.effects]).toContain('after');
        await waitFor(() => bus.health().notConsuming.length === 0, { what: 'health', timeoutMs: LONG_MS });
      },
      2 * LONG_MS,
    );

    it(
      'can be closed while the broker is away',
      async () => {
        const recorder = new Recorder();
        await bus.subscribe(sharedQueue(queue, key), recorder.handler);
        await harness.breakBroker();
        await waitFor(() => !bus.health().connected, { what: 'the outage to be seen', timeoutMs: LONG_MS });
        await bus.close(100);
        await harness.mendBroker();
        expect(bus.health().connected).toBe(false);
      },
      2 * LONG_MS,
    );
  });
}
