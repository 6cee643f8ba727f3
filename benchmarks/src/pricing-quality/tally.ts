import { BUCKET_MS, type SeriesBucket } from '@spotopt/pricing';
import type { TrueSeries } from './true-series.js';

/** Sums over filled buckets, and how many buckets have a price. */
export class Tally {
  #buckets = 0;
  #measured = 0;
  #filled = 0;
  #errorUsd = 0;
  #carriedErrorUsd = 0;
  readonly #byMethod = new Map<string, number>();

  count(truth: TrueSeries, measuredBuckets: number, filled: readonly SeriesBucket[]): void {
    this.#buckets += truth.usdPerHour.length;
    this.#measured += measuredBuckets;
    for (const { bucketAt, usdPerHour, fill } of filled) {
      const really = truth.usdPerHour[(bucketAt.getTime() - truth.fromMs) / BUCKET_MS];
      if (really === undefined || fill === null) continue;
      this.#filled += 1;
      this.#errorUsd += Math.abs(usdPerHour - really);
      // The last measured value carried on is that before the gap.
      this.#carriedErrorUsd += Math.abs(fill.before.usdPerHour - really);
      this.#byMethod.set(fill.method, (this.#byMethod.get(fill.method) ?? 0) + 1);
    }
  }

  add(other: Tally): void {
    this.#buckets += other.#buckets;
    this.#measured += other.#measured;
    this.#filled += other.#filled;
    this.#errorUsd += other.#errorUsd;
    this.#carriedErrorUsd += other.#carriedErrorUsd;
    for (const [method, count] of other.#byMethod) {
      this.#byMethod.set(method, (this.#byMethod.get(method) ?? 0) + count);
    }
  }

  get error(): { readonly value: number; readonly reference: number } {
    return { value: this.#errorUsd / this.#filled, reference: this.#carriedErrorUsd / this.#filled };
  }

  get shares(): Readonly<Record<'measured' | 'filled' | 'empty', number>> {
    const measured = this.#measured / this.#buckets;
    const filled = this.#filled / this.#buckets;
    return { measured, filled, empty: 1 - measured - filled };
  }

  /** How many buckets each method filled. */
  get methods(): string {
    return [...this.#byMethod].map(([method, count]) => `${String(count)} ${method}`).join(', ');
  }
}
