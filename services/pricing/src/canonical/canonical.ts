import type { CanonicalRow } from '@spotopt/contracts';
import { BUCKET_MS, type SeriesBucket } from '../series/bucket.js';

/** What happened to machines of ours in a pool. */
export interface PoolLife {
  readonly machines: readonly Stretch[];
  /** From the signal until the machine was gone. */
  readonly notices: readonly (Stretch & { readonly kind: 'rebalance' | 'termination' })[];
  readonly interruptedAtMs: readonly number[];
  readonly terminations: readonly { readonly atMs: number; readonly reason: string }[];
}

export interface Stretch {
  readonly fromMs: number;
  /** Null while it lasts. */
  readonly untilMs: number | null;
}

/** One row of the training set, as it is kept. */
export type CanonicalPrice = Omit<CanonicalRow, 'at' | 'onDemandUsdPerHour'> & {
  readonly bucketAt: Date;
  readonly onDemandUsdPerHour: number | null;
};

const DAY_MS = 86_400_000;

/**
 * Training rows for the buckets from `fromMs` on.
 * @param buckets oldest first, from a day before `fromMs`, for the volatility
 */
export function canonicalRows(
  buckets: readonly SeriesBucket[],
  context: {
    readonly fromMs: number;
    /** By the start of the UTC day, in milliseconds; null where it is not known or only estimated. */
    readonly onDemand: ReadonlyMap<number, number | null>;
    readonly life: PoolLife;
  },
): CanonicalPrice[] {
  const day = new RollingDay();
  const rows: CanonicalPrice[] = [];
  for (const bucket of buckets) {
    const atMs = bucket.bucketAt.getTime();
    day.add(atMs, bucket.usdPerHour);
    if (atMs < context.fromMs) continue;
    rows.push({
      poolId: bucket.poolId,
      bucketAt: bucket.bucketAt,
      usdPerHour: bucket.usdPerHour,
      onDemandUsdPerHour: context.onDemand.get(Math.floor(atMs / DAY_MS) * DAY_MS) ?? null,
      source: bucket.source,
      method: bucket.fill?.method ?? null,
      confidence: bucket.confidence,
      volatility: day.volatility(),
      ...lifeOf(context.life, atMs),
    });
  }
  return rows;
}

function lifeOf(
  life: PoolLife,
  atMs: number,
): Pick<CanonicalRow, 'runningInstances' | 'noticeStatus' | 'terminationReason' | 'interruptionOccurred'> {
  const untilMs = atMs + BUCKET_MS;
  const notices = life.notices.filter((notice) => overlaps(notice, atMs, untilMs));
  const inBucket = (moment: number): boolean => moment >= atMs && moment < untilMs;
  const isTermination = notices.some(({ kind }) => kind === 'termination');
  return {
    runningInstances: life.machines.filter((machine) => overlaps(machine, atMs, untilMs)).length,
    noticeStatus: isTermination ? 'termination' : notices.length > 0 ? 'rebalance' : 'none',
    terminationReason: life.terminations.find((end) => inBucket(end.atMs))?.reason ?? null,
    interruptionOccurred: life.interruptedAtMs.some(inBucket),
  };
}

function overlaps(stretch: Stretch, fromMs: number, untilMs: number): boolean {
  return stretch.fromMs < untilMs && (stretch.untilMs === null || stretch.untilMs > fromMs);
}

/** Standard deviation over mean of the prices of the last day. */
class RollingDay {
  readonly #prices: { readonly atMs: number; readonly usdPerHour: number }[] = [];
  #first = 0;
  #sum = 0;
  #sumOfSquares = 0;

  add(atMs: number, usdPerHour: number): void {
    this.#prices.push({ atMs, usdPerHour });
    this.#sum += usdPerHour;
    this.#sumOfSquares += usdPerHour ** 2;
    for (let oldest = this.#prices[this.#first]; oldest !== undefined; oldest = this.#prices[this.#first]) {
      if (oldest.atMs > atMs - DAY_MS) return;
      this.#sum -= oldest.usdPerHour;
      this.#sumOfSquares -= oldest.usdPerHour ** 2;
      this.#first += 1;
    }
  }

  /** To the millionth; null with fewer than two prices. */
  volatility(): number | null {
    const count = this.#prices.length - this.#first;
    if (count < 2) return null;
    const mean = this.#sum / count;
    const variance = Math.max(0, this.#sumOfSquares / count - mean ** 2);
    return Math.round((1e6 * Math.sqrt(variance)) / mean) / 1e6;
  }
}
