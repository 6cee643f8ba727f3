import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@spotopt/kernel';
import { ManualClock } from '@spotopt/testkit';
import { silentLogger } from '../bus-logger.js';
import {
  Gate,
  Recorder,
  agentQueue,
  commandFor,
  eventOn,
  sharedQueue,
} from '../contract/bus-harness.contract.js';
import { MemoryAttemptStore } from '../memory-attempt.store.js';
import { InProcessBroker } from './in-process-broker.js';
import { InProcessMessageBus } from './in-process-message-bus.js';

const HOUR_MS = 3_600_000;

/** A queue that dies with its process must not be the only place where an event is. */
describe('InProcessMessageBus keeps nothing that only it knows', () => {
  let clock: ManualClock;
  let broker: InProcessBroker;
  let bus: InProcessMessageBus;

  beforeEach(() => {
    clock = new ManualClock();
    broker = new InProcessBroker(clock);
    bus = new InProcessMessageBus(broker, {
      clock,
      attempts: new MemoryAttemptStore(),
      logger: silentLogger,
    });
  });

  afterEach(async () => {
    await bus.close(0);
  });

  async function outcomeSoFar(published: Promise<void>): Promise<string> {
    const open = new Promise<string>((resolve) => setImmediate(resolve, 'open'));
    return Promise.race([published.then(() => 'confirmed'), open]);
  }

  it('confirms an event when every shared queue has finished it', async () => {
    const gate = new Gate();
    const slow = new Recorder(() => gate.pass());
    const quick = new Recorder();
    await bus.subscribe(sharedQueue('slow', 'k'), slow.handler);
    await bus.subscribe(sharedQueue('quick', 'k'), quick.handler);
    const published = bus.publish(eventOn('k'));
    await quick.untilDone(1);
    expect(await outcomeSoFar(published)).toBe('open');
    gate.open();
    await published;
    expect(slow.effects.size).toBe(1);
  });

  it('confirms an event that was parked, and waits for a queue that nobody reads yet', async () => {
    await bus.declareQueue(sharedQueue('later', 'k'));
    const published = bus.publish(eventOn('k'));
    expect(await outcomeSoFar(published)).toBe('open');
    await bus.subscribe(sharedQueue('later', 'k'), () => Promise.reject(AppError.permanent('gone', 'gone')));
    await published;
    expect(await bus.parked('later', 10)).toHaveLength(1);
  });

  it('does not wait for listeners of this process or for agents', async () => {
    const gate = new Gate();
    await bus.subscribe({ ...sharedQueue('live', 'k'), kind: 'ephemeral' }, () => gate.pass());
    await bus.publish(eventOn('k'));
    await bus.declareQueue(agentQueue('a-1'));
    await bus.publish(commandFor('a-1'));
    gate.open();
  });

  it('takes back its promise when the broker stops or the queue is deleted', async () => {
    await bus.declareQueue(sharedQueue('later', 'k'));
    const unconfirmed = { code: 'publish-unconfirmed', kind: 'transient' };
    const first = bus.publish(eventOn('k'));
    const deleted = expect(first).rejects.toMatchObject(unconfirmed);
    await bus.deleteQueue('later');
    await deleted;
    await bus.declareQueue(sharedQueue('later', 'k'));
    const second = bus.publish(eventOn('k'));
    const stopped = expect(second).rejects.toMatchObject(unconfirmed);
    broker.stop();
    await stopped;
    broker.start();
  });

  it('delivers once to a queue that several bindings lead to', async () => {
    const recorder = new Recorder();
    await bus.subscribe(sharedQueue('q', '#', 'k.*', 'k.v1'), recorder.handler);
    await bus.publish(eventOn('k.v1'));
    expect(recorder.ids).toHaveLength(1);
  });

  it('forgets the queue of an agent that was away for a day', async () => {
    await bus.declareQueue(agentQueue('away'));
    await bus.subscribe(agentQueue('listening'), () => Promise.resolve());
    await clock.advance(25 * HOUR_MS);
    await bus.declareQueue(agentQueue('other'));
    await expect(bus.publish(commandFor('away'))).rejects.toMatchObject({ code: 'message-unroutable' });
    await bus.publish(commandFor('listening'));
  });
});
