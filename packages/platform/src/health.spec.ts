import { describe, expect, test } from '@jest/globals';
import { InProcessBroker, InProcessMessageBus, MemoryAttemptStore } from '@spotopt/messaging';
import { ManualClock } from '@spotopt/testkit';
import {
  busIndicator,
  checkHealth,
  databaseIndicator,
  eventLoopIndicator,
  outboxIndicator,
} from './health.js';
import { startHealthServer } from './health-server.js';
import { silentLogger } from './logging.js';
import { Metrics } from './metrics.js';

const up = { name: 'fine', check: () => ({ ok: true, detail: 'yes' }) };

describe('checkHealth', () => {
  test('is up when everything is', async () => {
    expect(await checkHealth([up])).toEqual({ status: 'up', checks: { fine: { ok: true, detail: 'yes' } } });
  });

  test('is down when one thing is, and says which', async () => {
    const report = await checkHealth([
      up,
      databaseIndicator({ health: () => Promise.reject(new Error('gone')) }),
    ]);
    expect(report).toEqual({
      status: 'down',
      checks: { fine: { ok: true, detail: 'yes' }, database: { ok: false, detail: 'gone' } },
    });
  });

  test('a check that hangs is down', async () => {
    const hanging = { name: 'slow', check: () => new Promise<never>(() => undefined) };
    const report = await checkHealth([hanging]);
    expect(report.checks['slow']).toEqual({ ok: false, detail: 'slow did not finish in time' });
  }, 10_000);
});

describe('indicators', () => {
  test('an old unsent event is a failure', async () => {
    expect(await outboxIndicator(() => Promise.resolve(100)).check()).toMatchObject({ ok: true });
    expect(await outboxIndicator(() => Promise.resolve(40_000)).check()).toMatchObject({ ok: false });
  });

  test('a blocked event loop is a failure', async () => {
    const indicator = eventLoopIndicator(-1);
    expect(await indicator.check()).toMatchObject({ ok: false });
    indicator.stop();
    const patient = eventLoopIndicator(60_000);
    expect(await patient.check()).toMatchObject({ ok: true });
    patient.stop();
  });

  test('a closed bus is a failure', async () => {
    const clock = new ManualClock();
    const bus = new InProcessMessageBus(new InProcessBroker(clock), {
      clock,
      attempts: new MemoryAttemptStore(),
      logger: silentLogger(),
    });
    expect(await busIndicator(bus).check()).toEqual({ ok: true, detail: 'connected and consuming' });
    await bus.close(0);
    expect(await busIndicator(bus).check()).toMatchObject({ ok: false });
  });
});

describe('the health server', () => {
  test('is live before it is ready, and says what is wrong', async () => {
    let ready: typeof up | null = null;
    const server = await startHealthServer({
      host: '127.0.0.1',
      port: 0,
      metrics: Metrics.create({ service: 'pricing' }),
      health: async () => (ready === null ? null : checkHealth([ready])),
    });
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`http://127.0.0.1:${String(server.port)}${path}`);
      return [response.status, await response.text()];
    };
    try {
      expect(await get('/health/live')).toEqual([200, '{"status":"up"}']);
      expect(await get('/health/ready')).toEqual([503, '{"status":"starting","checks":{}}']);
      ready = up;
      expect((await get('/health/ready'))[0]).toBe(200);
      ready = { name: 'bus', check: () => ({ ok: false, detail: 'not connected' }) };
      expect(await get('/health/ready')).toEqual([
        503,
        '{"status":"down","checks":{"bus":{"ok":false,"detail":"not connected"}}}',
      ]);
      expect((await get('/metrics'))[0]).toBe(200);
    } finally {
      await server.close();
    }
  });
});
