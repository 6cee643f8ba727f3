import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@spotopt/kernel';
import { waitFor } from '@spotopt/testkit';
import { MemoryAttemptStore } from '../memory-attempt.store.js';
import { AttemptStore } from '../message-bus.js';
import type { MessageBus, ParkedMessage } from '../message-bus.js';
import { Gate, Recorder, eventOn, sharedQueue, uniqueName } from './bus-harness.contract.js';
import type { BusHarness, BusHarnessFactory } from './bus-harness.contract.js';

class FailingAttemptStore extends AttemptStore {
  readonly #store = new MemoryAttemptStore();
  failures = 0;

  override begin(queue: string, messageId: string): Promise<number> {
    if (this.failures > 0) {
      this.failures -= 1;
      return Promise.reject(AppError.transient('database-unavailable', 'down'));
    }
    return this.#store.begin(queue, messageId);
  }

  override forget(queue: string, messageId: string): Promise<void> {
    return this.#store.forget(queue, messageId);
  }
}

/** What becomes of messages whose handler fails. */
export function failureContract(factory: BusHarnessFactory): void {
  describe('failure', () => {
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

    async function untilParked(count: number): Promise<readonly ParkedMessage[]> {
      return waitFor(
        async () => {
          const parked = await bus.parked(queue, 100);
          return parked.length >= count && parked;
        },
        { what: `${String(count)} parked messages`, everyMs: 50 },
      );
    }

    it('tries a transient failure again, in its place in the lane', async () => {
      const failedOnce = new Set<string>();
      const recorder = new Recorder((delivery) => {
        if (failedOnce.has(delivery.messageId)) return Promise.resolve();
        failedOnce.add(delivery.messageId);
        return Promise.reject(AppError.transient('throttled', 'later'));
      });
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      const published = ['m-1', 'm-2'].map((id) => bus.publish(eventOn(key, { id })));
      await recorder.untilDone(2);
      await Promise.all(published);
      expect(recorder.ids).toEqual(['m-1', 'm-1', 'm-2', 'm-2']);
      expect(recorder.contexts.map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2]);
    });

    it('parks poison after our own count of attempts while other lanes go on', async () => {
      const recorder = new Recorder((delivery) =>
        delivery.headers['subject'] === 'bad' ? Promise.reject(new Error('cannot')) : Promise.resolve(),
      );
      await bus.subscribe(
        { ...sharedQueue(queue, key), maxAttempts: 3, retry: { initialMs: 100, maxMs: 100 } },
        recorder.handler,
      );
      const poison = eventOn(key, { subject: 'bad' });
      const published = [bus.publish(poison)];
      for (let n = 0; n < 10; n += 1) published.push(bus.publish(eventOn(key, { subject: 'good' })));
      await recorder.untilDone(10);
      expect(recorder.ids.filter((id) => id === poison.messageId).length).toBeLessThan(3);
      const parked = await untilParked(1);
      await Promise.all(published);
      expect(parked).toMatchObject([
        {
          reason: 'too-many-attempts',
          attempts: 3,
          error: 'unexpected: cannot',
          delivery: {
            messageId: poison.messageId,
            exchange: 'spotopt.events',
            routingKey: key,
            body: poison.body,
          },
        },
      ]);
      expect(recorder.ids.filter((id) => id === poison.messageId)).toHaveLength(3);
    });

    it('parks a malformed message and a permanent failure at once', async () => {
      const recorder = new Recorder((delivery) =>
        Promise.reject(
          delivery.messageId === 'm-bad'
            ? AppError.permanent('malformed-message', 'not JSON')
            : AppError.permanent('no-such-agent', 'gone'),
        ),
      );
      await bus.subscribe(sharedQueue(queue, key), recorder.handler);
      await bus.publish(eventOn(key, { id: 'm-bad' }));
      await bus.publish(eventOn(key, { id: 'm-gone' }));
      const parked = await untilParked(2);
      expect(parked.map(({ reason, attempts, error }) => ({ reason, attempts, error }))).toEqual([
        { reason: 'malformed', attempts: 1, error: 'malformed-message: not JSON' },
        { reason: 'permanent', attempts: 1, error: 'no-such-agent: gone' },
      ]);
      expect(await bus.parked(queue, 1)).toHaveLength(1);
      expect(await bus.parked(queue, 100)).toHaveLength(2);
      expect(recorder.ids).toEqual(['m-bad', 'm-gone']);
    });

    it('puts parked messages back where they came from, with a fresh count', async () => {
      let repaired = false;
      const recorder = new Recorder(() =>
        repaired ? Promise.resolve() : Promise.reject(AppError.permanent('broken', 'not yet')),
      );
      const bystander = new Recorder();
      await bus.subscribe({ ...sharedQueue(queue, key), maxAttempts: 2 }, recorder.handler);
      await bus.subscribe(sharedQueue(uniqueName('bystander'), key), bystander.handler);
      const messages = ['m-1', 'm-2', 'm-3'].map((id) => eventOn(key, { id }));
      for (const message of messages) await bus.publish(message);
      await untilParked(3);
      repaired = true;
      expect(await bus.redrive(queue, 2)).toBe(2);
      await recorder.untilDone(2);
      expect(await bus.redrive(queue, 10)).toBe(1);
      await recorder.untilDone(3);
      expect(await bus.redrive(queue, 10)).toBe(0);
      expect(await bus.parked(queue, 10)).toEqual([]);
      const [redriven] = recorder.deliveries.slice(3);
      const { exchange, routingKey, messageId, body, type, correlationId, headers } = messages[0]!;
      expect(redriven).toMatchObject({ exchange, routingKey, messageId, body, type, correlationId, headers });
      expect(recorder.contexts.slice(3).map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
      expect(bystander.ids).toEqual(['m-1', 'm-2', 'm-3']);
    });

    it('does not count attempts that our own database spoiled', async () => {
      let outages = 8;
      const recorder = new Recorder(() => {
        outages -= 1;
        return outages >= 0
          ? Promise.reject(AppError.transient('database-unavailable', 'restarting'))
          : Promise.resolve();
      });
      await bus.subscribe({ ...sharedQueue(queue, key), maxAttempts: 2 }, recorder.handler);
      await bus.publish(eventOn(key));
      await recorder.untilDone(1);
      expect(recorder.contexts.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 9 }, () => 1));
      expect(await bus.parked(queue, 10)).toEqual([]);
    });

    it('waits, without counting, while attempts cannot be counted', async () => {
      const store = new FailingAttemptStore();
      const frail = await harness.connect(store);
      let failedOnce = false;
      const recorder = new Recorder(() => {
        if (failedOnce) return Promise.resolve();
        failedOnce = true;
        store.failures = 6;
        return Promise.reject(AppError.transient('throttled', 'later'));
      });
      await frail.subscribe({ ...sharedQueue(queue, key), maxAttempts: 2 }, recorder.handler);
      await bus.publish(eventOn(key));
      await recorder.untilDone(1);
      expect(recorder.contexts.map(({ attempt }) => attempt)).toEqual([1, 2]);
      expect(store.failures).toBe(0);
    });

    it('goes on counting in the next process', async () => {
      const store = new MemoryAttemptStore();
      const first = await harness.connect(store);
      const gate = new Gate();
      const dying = new Recorder((_delivery, { attempt }) =>
        attempt < 3 ? Promise.reject(new Error('cannot')) : gate.pass(),
      );
      const settings = { ...sharedQueue(queue, key), maxAttempts: 4 };
      await first.subscribe(settings, dying.handler);
      const published = bus.publish(eventOn(key));
      await dying.untilDelivered(3);
      await first.close(0);
      const second = await harness.connect(store);
      const recorder = new Recorder(() => Promise.reject(new Error('cannot')));
      await second.subscribe(settings, recorder.handler);
      const [parked] = await untilParked(1);
      await published;
      gate.open();
      expect(parked).toMatchObject({ reason: 'too-many-attempts', attempts: 4 });
      expect(recorder.contexts.length).toBeLessThanOrEqual(2);
    });
  });
}
