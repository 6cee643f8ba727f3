import type { Clock } from '@spotopt/kernel';
import { Redis } from 'ioredis';
import type { Log } from '../ports.js';
import type { RateLimit } from './local-rate-limiter.js';
import { RateLimiter } from './ports.js';

/** One token bucket per key, filled and emptied in one step. Time comes from the caller: processes share a clock. */
const TAKE = `
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local now, perSecond, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tokens = tonumber(bucket[1]) or burst
local at = tonumber(bucket[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) / 1000 * perSecond)
local wait = 0
if tokens < 1 then wait = math.ceil((1 - tokens) / perSecond * 1000) else tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / perSecond * 1000) + 60000)
return wait
`;

export interface RedisRateLimiterParts {
  readonly url: string;
  readonly limit: RateLimit;
  readonly clock: Clock;
  /** Counts while Redis does not answer: never open, never an error. */
  readonly fallback: RateLimiter;
  readonly log: Log;
  /** @default spotopt:rate: */
  readonly keyPrefix?: string;
  /** How long a request may be held up by Redis before this process counts by itself. @default 50 */
  readonly answerWithinMs?: number;
}

const ANSWER_WITHIN_MS = 50;

/** Token buckets that all gateway processes share. */
export class RedisRateLimiter extends RateLimiter {
  readonly #redis: Redis;
  #down = false;

  constructor(private readonly parts: RedisRateLimiterParts) {
    super();
    this.#redis = new Redis(parts.url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: parts.answerWithinMs ?? ANSWER_WITHIN_MS,
      keyPrefix: parts.keyPrefix ?? 'spotopt:rate:',
    });
    this.#redis.on('error', (error: Error) => {
      this.#note(error);
    });
  }

  async connect(): Promise<void> {
    try {
      await this.#redis.connect();
    } catch (error) {
      this.#note(error);
    }
  }

  override async take(key: string): Promise<number> {
    const { limit, clock, fallback } = this.parts;
    if (this.#redis.status !== 'ready') return fallback.take(key);
    try {
      const wait = await this.#redis.eval(TAKE, 1, key, clock.nowMs(), limit.perSecond, limit.burst);
      this.#down = false;
      return Number(wait);
    } catch (error) {
      this.#note(error);
      return fallback.take(key);
    }
  }

  close(): void {
    this.#redis.disconnect();
  }

  #note(error: unknown): void {
    if (!this.#down) this.parts.log.warn({ error }, 'redis does not answer; this process counts for itself');
    this.#down = true;
  }
}
