import type { StepObservation } from './policy.js';

const DAY_S = 86_400;
const MONTH_S = 30 * DAY_S;
const TREND_S = 6 * 3600;
const SAME_PRICE_USD = 1e-12;

/** What a pool's past within the replay says of it. */
export interface PoolReading {
  /** Times in the last 30 days that the pool went away. */
  readonly interruptions30d: number;
  /** Standard deviation over mean of the last day's prices; 0 with fewer than two. */
  readonly volatility24h: number;
  /** Dearer than six hours ago, or than at first. */
  readonly rising: boolean;
  /** Hours since the pool was last away, or since the first step. */
  readonly quietHours: number;
}

/** Readings of every pool from what was seen so far; `observe` once per step. */
export class PoolReadings {
  readonly #pools: readonly OnePool[];

  constructor(pools: number, stepSeconds: number) {
    this.#pools = Array.from({ length: pools }, () => new OnePool(stepSeconds));
  }

  observe({ prices, available, atS }: StepObservation): void {
    for (const [index, pool] of this.#pools.entries()) {
      pool.observe(prices[index] ?? 0, available[index] === true, atS);
    }
  }

  /** @param index of the pool in its market */
  read(index: number): PoolReading {
    const pool = this.#pools[index];
    if (pool === undefined) return { interruptions30d: 0, volatility24h: 0, rising: false, quietHours: 0 };
    return pool.read();
  }
}

class OnePool {
  readonly #day: Window;
  readonly #trend: Window;
  readonly #interruptions: number[] = [];
  #sum = 0;
  #sumOfSquares = 0;
  #quietSinceS: number | null = null;
  #wasUp = false;
  #nowS = 0;

  constructor(stepSeconds: number) {
    this.#day = new Window(Math.max(2, Math.floor(DAY_S / stepSeconds + 0.5)));
    this.#trend = new Window(Math.max(1, Math.floor(TREND_S / stepSeconds + 0.5)) + 1);
  }

  observe(price: number, isUp: boolean, atS: number): void {
    this.#nowS = atS;
    this.#quietSinceS ??= atS;
    this.#sum += price;
    this.#sumOfSquares += price * price;
    const left = this.#day.add(price);
    if (left !== undefined) {
      this.#sum -= left;
      this.#sumOfSquares -= left * left;
    }
    this.#trend.add(price);
    if (!isUp) {
      this.#quietSinceS = atS;
      if (this.#wasUp) this.#interruptions.push(atS);
    }
    while ((this.#interruptions[0] ?? atS) < atS - MONTH_S) this.#interruptions.shift();
    this.#wasUp = isUp;
  }

  read(): PoolReading {
    return {
      interruptions30d: this.#interruptions.length,
      volatility24h: this.#volatility(),
      rising: this.#trend.newest > this.#trend.oldest + SAME_PRICE_USD,
      quietHours: (this.#nowS - (this.#quietSinceS ?? this.#nowS)) / 3600,
    };
  }

  #volatility(): number {
    const count = this.#day.length;
    const mean = this.#sum / count;
    if (count < 2 || mean <= 0) return 0;
    return Math.sqrt(Math.max(0, this.#sumOfSquares / count - mean * mean)) / mean;
  }
}

/** The last numbers, up to a limit. */
class Window {
  readonly #values: Float64Array;
  #added = 0;

  constructor(limit: number) {
    this.#values = new Float64Array(limit);
  }

  get length(): number {
    return Math.min(this.#added, this.#values.length);
  }

  get newest(): number {
    return this.#at(this.#added - 1);
  }

  get oldest(): number {
    return this.#at(Math.max(0, this.#added - this.#values.length));
  }

  /** The one that drops out for it, if any. */
  add(value: number): number | undefined {
    const slot = this.#added % this.#values.length;
    const left = this.#added < this.#values.length ? undefined : this.#values[slot];
    this.#values[slot] = value;
    this.#added += 1;
    return left;
  }

  #at(position: number): number {
    return this.#values[position % this.#values.length] ?? 0;
  }
}
