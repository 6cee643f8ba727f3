import type { Clock } from '@spotopt/kernel';
import { RateLimiter } from './ports.js';

export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

const MAX_BUCKETS = 50_000;

/** Token buckets in this process. */
export class LocalRateLimiter extends RateLimiter {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    private readonly clock: Clock,
    private readonly limit: RateLimit,
  ) {
    super();
  }

  override take(key: string): Promise<number> {
    return Promise.resolve(this.#take(key));
  }

  #take(key: string): number {
    const { perSecond, burst } = this.limit;
    const nowMs = this.clock.nowMs();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, filledAtMs: nowMs };
    const gained = (Math.max(0, nowMs - bucket.filledAtMs) / 1_000) * perSecond;
    bucket.tokens = Math.min(burst, bucket.tokens + gained);
    bucket.filledAtMs = nowMs;
    if (!this.#buckets.has(key)) this.#remember(key, bucket);
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / perSecond) * 1_000);
    bucket.tokens -= 1;
    return 0;
  }

  /** Full buckets say nothing; the oldest goes when there are too many. */
  #remember(key: string, bucket: Bucket): void {
    if (this.#buckets.size >= MAX_BUCKETS) {
      const oldest = this.#buckets.keys().next();
      if (oldest.done !== true) this.#buckets.delete(oldest.value);
    }
    this.#buckets.set(key, bucket);
  }
}

/** For a limit of 0: everything passes. */
export class NoRateLimit extends RateLimiter {
  override take(): Promise<number> {
    return Promise.resolve(0);
  }
}
