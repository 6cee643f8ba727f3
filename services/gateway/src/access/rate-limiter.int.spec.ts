import { afterAll, describe, expect, it } from '@jest/globals';
import { ManualClock, TcpProxy, recordingLogger, redisUrl, waitFor } from '@spotopt/testkit';
import { GatewayHarness } from '../gateway-harness.contract.js';
import { LocalRateLimiter } from './local-rate-limiter.js';
import type { RateLimiter } from './ports.js';
import { RedisRateLimiter } from './redis-rate-limiter.client.js';

const LIMIT = { perSecond: 20, burst: 100 };
const clock = new ManualClock();
const keyPrefix = `test:${String(process.pid)}:${String(performance.now())}:`;
const opened: RedisRateLimiter[] = [];

/** `answerWithinMs`: by default so long that a machine under load cannot make the process count by itself. */
async function redisLimiter(
  url: string,
  fallback: RateLimiter,
  answerWithinMs: number | undefined = 60_000,
): Promise<RedisRateLimiter> {
  const limiter = new RedisRateLimiter({
    url,
    limit: LIMIT,
    clock,
    fallback,
    log: recordingLogger(),
    keyPrefix,
    answerWithinMs,
  });
  opened.push(limiter);
  await limiter.connect();
  return limiter;
}

afterAll(() => {
  for (const limiter of opened) limiter.close();
});

async function passes(limiter: RateLimiter, key: string, attempts: number): Promise<number> {
  const waits = await Promise.all(Array.from({ length: attempts }, async () => limiter.take(key)));
  return waits.filter((wait) => wait === 0).length;
}

class Unreached extends LocalRateLimiter {
  override take(): Promise<number> {
    throw new Error('redis should have answered');
  }
}

describe.each([
  ['local', async () => Promise.resolve(new LocalRateLimiter(clock, LIMIT))],
  ['redis', async () => redisLimiter(redisUrl(), new Unreached(clock, LIMIT))],
] as const)('%s rate limiter', (_name, make) => {
  it('lets a burst pass, then what the rate allows, for each key', async () => {
    const limiter = await make();
    expect(await passes(limiter, 'a', 150)).toBe(100);
    expect(await limiter.take('a')).toBe(50);
    expect(await passes(limiter, 'b', 10)).toBe(10);
    await clock.advance(1_000);
    expect(await passes(limiter, 'a', 50)).toBe(20);
  });
});

describe('redis rate limiter', () => {
  it('shares its counts with other processes', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(async () => redisLimiter(redisUrl(), new Unreached(clock, LIMIT))),
    );
    const passed =
      (await passes(one as RateLimiter, 'shared', 60)) + (await passes(two as RateLimiter, 'shared', 60));
    expect(passed).toBe(100);
  });

  it('counts by itself while redis is away: never open, never an error', async () => {
    const limiter = await redisLimiter('redis://127.0.0.1:1', new LocalRateLimiter(clock, LIMIT));
    expect(await passes(limiter, 'c', 150)).toBe(100);
  });

  it('does not wait for a redis that takes requests and answers none', async () => {
    const proxy = await TcpProxy.before(redisUrl());
    const limiter = await redisLimiter(proxy.url, new LocalRateLimiter(clock, LIMIT), 50);
    proxy.freeze();
    expect(await passes(limiter, 'd', 150)).toBe(100);
    limiter.close();
    await proxy.cut();
  });
});

describe('the gateway', () => {
  it('answers 429 to an agent that asks too often, and still hears its alarms', async () => {
    const gateway = await GatewayHarness.start({ config: { rateLimitPerSecond: 1, rateLimitBurst: 3 } });
    const { id, token } = await gateway.createClient('acme');
    gateway.addAgent(id, 'key-1');
    const beat = async (): Promise<number> =>
      (await gateway.call('POST', '/api/agents/key-1/heartbeat', { token, body: {} })).status;
    await waitFor(async () => (await beat()) === 429, { what: 'the limit' });
    const limited = await gateway.call('GET', '/api/agents/key-1', { token });
    expect(limited).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    const alarm = await gateway.call('POST', '/api/agents/key-1/termination-imminent', { token, body: {} });
    expect(alarm.status).toBe(200);
    expect((await gateway.call('GET', '/api/agents/key-2', { token })).status).toBe(404);
    await gateway.stop();
  });
});
