import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ClientCreatedV1, ClientDeletedV1, createEvent } from '@spotopt/contracts';
import { NoFailpoints, SystemClock, UlidIds } from '@spotopt/kernel';
import { InProcessBroker, InProcessMessageBus, MemoryAttemptStore, eventMessage } from '@spotopt/messaging';
import type { MessageBus } from '@spotopt/messaging';
import { openDatabase } from '@spotopt/persistence';
import type { Database } from '@spotopt/persistence';
import { waitFor } from '@spotopt/testkit';
import { createLogger } from './logging.js';
import { Metrics } from './metrics.js';
import { startService } from './start-service.js';
import type { RunningService } from './start-service.js';
import { exampleService } from './testing/example-service.contract.js';
import type { ExampleProbe } from './testing/example-service.contract.js';

const clock = new SystemClock();
const ids = new UlidIds();
const random = (): number => 0.5;

class Gate {
  open: () => void = () => undefined;
  readonly closed = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

describe('startService', () => {
  let broker: InProcessBroker;
  let outside: MessageBus;
  let database: Database;
  let running: RunningService;
  let probe: ExampleProbe;
  let log: string;
  let deleted: string[];

  beforeEach(async () => {
    broker = new InProcessBroker(clock);
    probe = { steps: [], gate: Promise.resolve() };
    log = '';
    deleted = [];
    const destination = new Writable({
      write(chunk: Buffer, _encoding, done) {
        log += chunk.toString('utf8');
        done();
      },
    });
    const logger = createLogger({ service: 'pricing', destination });
    const attempts = new MemoryAttemptStore();
    outside = new InProcessMessageBus(broker, { clock, attempts, logger, random });
    database = await openDatabase({
      url: 'sqlite::memory:',
      service: 'pricing',
      entities: [],
      migrations: [],
      clock,
      ids,
      random,
    });
    running = await startService(exampleService(probe), {
      config: { greeting: 'greeted' },
      clock,
      ids,
      random,
      logger,
      metrics: Metrics.create({ service: 'pricing' }),
      failpoints: new NoFailpoints(),
      bus: new InProcessMessageBus(broker, { clock, attempts: database.attempts, logger, random }),
      database,
    });
    const bindings = [{ exchange: 'spotopt.events', routingKey: ClientDeletedV1.routingKey }] as const;
    await outside.subscribe({ queue: 'test.deleted', kind: 'shared', bindings }, (delivery) => {
      deleted.push(String(delivery.correlationId));
      return Promise.resolve();
    });
  });

  afterEach(async () => {
    await running.stop(2_000);
    await outside.close(0);
  });

  function createClient(subject: string): Promise<void> {
    const data = { clientId: subject, name: subject };
    const event = createEvent(ClientCreatedV1, {
      id: ids.next(),
      time: clock.now(),
      subject,
      data,
      correlation: `corr-${subject}`,
    });
    return outside.publish(eventMessage(event));
  }

  test('handles an event, logs with its correlation id, and the outbox publishes the answer', async () => {
    await createClient('a');
    await waitFor(() => deleted.length === 1, { what: 'the answer of the service' });
    expect(deleted).toEqual(['corr-a']);
    const line = log.split('\n').find((text) => text.includes('greeted a client')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ correlationId: 'corr-a', subject: 'a', service: 'pricing' });
  });

  test('is healthy', async () => {
    const report = await running.health();
    expect(report.status).toBe('up');
    expect(Object.keys(report.checks)).toEqual(['database', 'bus', 'outbox']);
  });

  test('stop waits for the handler in work and sends what it put into the outbox', async () => {
    const gate = new Gate();
    probe.gate = gate.closed;
    const published = createClient('b');
    await waitFor(() => probe.steps.includes('begin b'), { what: 'the handler' });
    const stopped = running.stop(5_000);
    gate.open();
    await Promise.all([stopped, published]);
    expect(probe.steps).toEqual(['jobs started', 'begin b', 'end b', 'jobs stopped']);
    expect(deleted).toEqual(['corr-b']);
    await expect(database.health()).rejects.toThrow();
  });

  test('a handler that does not end costs the drain time, not more', async () => {
    probe.gate = new Promise(() => undefined);
    void createClient('c').catch(() => undefined);
    await waitFor(() => probe.steps.includes('begin c'), { what: 'the handler' });
    const startedAtMs = performance.now();
    await running.stop(1_500);
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    expect(log).toContain('handlers and jobs did not close cleanly');
  });

  test('stopping twice is stopping once', async () => {
    await Promise.all([running.stop(1_000), running.stop(1_000)]);
    expect(probe.steps.filter((step) => step === 'jobs stopped')).toHaveLength(1);
  });
});
