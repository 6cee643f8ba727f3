import type { PoolMark, PoolPrice, PricePointOfPool } from '../market/ports.js';
import type { MarketSample } from '../engine/learner.js';

export const SAMPLE_MS = 5 * 60_000;
/** A pool that took a machine back or refused one gives none for a while; nobody asks it to find out how long. */
const DOWN_AFTER_MARK_MS = 30 * 60_000;

export interface MarketPast {
  /** Sorted by pool id. */
  readonly pools: readonly PoolPrice[];
  /** Oldest first. */
  readonly points: readonly PricePointOfPool[];
  readonly marks: readonly PoolMark[];
}

/** What was seen of the pools every five minutes after `from`, up to and including `until`. */
export function* marketSamples(past: MarketPast, from: Date, until: Date): Generator<MarketSample> {
  const histories = past.pools.map((pool) => new PoolHistory(pool, past, from));
  const first = Math.floor(from.getTime() / SAMPLE_MS) * SAMPLE_MS + SAMPLE_MS;
  for (let atMs = first; atMs <= until.getTime(); atMs += SAMPLE_MS) {
    yield { at: atMs / 1000, pools: histories.map((history) => history.at(atMs)) };
  }
}

/** Walks through the past of one pool; times must not go back. */
class PoolHistory {
  readonly #points: readonly PricePointOfPool[];
  readonly #downAt: readonly number[];
  #next = 0;
  #nextDown = 0;
  #usdPerHour: number | null = null;

  constructor(
    private readonly pool: PoolPrice,
    past: MarketPast,
    from: Date,
  ) {
    // A price that was seen before has held ever since.
    if (pool.observedAt <= from) this.#usdPerHour = pool.usdPerHour;
    this.#points = past.points.filter(({ poolId }) => poolId === pool.poolId);
    this.#downAt = past.marks
      .filter(({ poolId, kind }) => poolId === pool.poolId && kind !== 'rebalance')
      .map(({ at }) => at.getTime())
      .sort((a, b) => a - b);
  }

  at(atMs: number): MarketSample['pools'][number] {
    for (let point = this.#points[this.#next]; point !== undefined && point.at.getTime() <= atMs;) {
      this.#usdPerHour = point.usdPerHour;
      this.#next += 1;
      point = this.#points[this.#next];
    }
    while ((this.#downAt[this.#nextDown] ?? Number.POSITIVE_INFINITY) <= atMs) this.#nextDown += 1;
    const { poolId, az, instanceType, onDemandUsdPerHour, advisorBucket, placementScore } = this.pool;
    return {
      ...{ poolId, az, instanceType, onDemandUsdPerHour, advisorBucket, placementScore },
      usdPerHour: this.#usdPerHour,
      available: this.#isAvailable(atMs),
    };
  }

  /** Null before any price of the pool is known. */
  #isAvailable(atMs: number): boolean | null {
    if (this.#usdPerHour === null) return null;
    const lastDown = this.#downAt[this.#nextDown - 1] ?? Number.NEGATIVE_INFINITY;
    if (atMs - lastDown < DOWN_AFTER_MARK_MS) return false;
    const cap = this.pool.onDemandUsdPerHour;
    return cap === null || this.#usdPerHour <= cap;
  }
}
