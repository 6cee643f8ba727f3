import type { FillMethod } from '@spotopt/contracts';
import { BUCKET_MS, type SeriesBucket } from './bucket.js';

/** Longest gap that is filled: four hours. A longer one is a blackout and stays empty (CT-86). */
export const MAX_FILLED_BUCKETS = 48;
const MAX_LINEAR_BUCKETS = 2;
const MAX_WEIGHTED_BUCKETS = 6;

/** CT-89. */
const CONFIDENCE: Readonly<Record<FillMethod, number>> = {
  linear: 0.85,
  'weighted-average': 0.75,
  'cross-pool': 0.7,
};

/** Measured prices of a pool by the start of the bucket, in milliseconds. */
export type MeasuredPrices = ReadonlyMap<number, number>;

export interface Gap {
  /** The measured bucket before the first missing one. */
  readonly beforeMs: number;
  /** The measured bucket after the last missing one. */
  readonly afterMs: number;
  readonly buckets: number;
}

export interface GapsToFill {
  readonly poolId: string;
  readonly measured: MeasuredPrices;
  /** Measured prices of pools of the same type in other zones of the region. */
  readonly peers: ReadonlyMap<string, MeasuredPrices>;
}

/** Gaps between measured buckets, oldest first. What lies before the first or after the last one is none. */
export function gapsOf(measured: MeasuredPrices): Gap[] {
  const times = [...measured.keys()].sort((a, b) => a - b);
  return times.flatMap((afterMs, index) => {
    const beforeMs = times[index - 1];
    if (beforeMs === undefined || afterMs - beforeMs === BUCKET_MS) return [];
    return [{ beforeMs, afterMs, buckets: (afterMs - beforeMs) / BUCKET_MS - 1 }];
  });
}

/** Null for a blackout. */
export function methodFor(gap: Gap): FillMethod | null {
  if (gap.buckets <= MAX_LINEAR_BUCKETS) return 'linear';
  if (gap.buckets <= MAX_WEIGHTED_BUCKETS) return 'weighted-average';
  return gap.buckets <= MAX_FILLED_BUCKETS ? 'cross-pool' : null;
}

/** Prices for the missing buckets of a pool, each with the method, its neighbours and a confidence. */
export function fillGaps(input: GapsToFill): SeriesBucket[] {
  return gapsOf(input.measured).flatMap((gap) => fillGap(input, gap));
}

function fillGap(input: GapsToFill, gap: Gap): SeriesBucket[] {
  const method = methodFor(gap);
  const before = input.measured.get(gap.beforeMs);
  const after = input.measured.get(gap.afterMs);
  if (method === null || before === undefined || after === undefined) return [];
  const buckets: SeriesBucket[] = [];
  for (let atMs = gap.beforeMs + BUCKET_MS; atMs < gap.afterMs; atMs += BUCKET_MS) {
    const price = priceAt(atMs, { input, gap, method, before, after });
    if (price === null) continue;
    buckets.push({
      poolId: input.poolId,
      bucketAt: new Date(atMs),
      usdPerHour: Math.round(price.usdPerHour * 1e6) / 1e6,
      source: 'interpolated',
      confidence: CONFIDENCE[method],
      fill: {
        method,
        gapBuckets: gap.buckets,
        before: { at: new Date(gap.beforeMs), usdPerHour: before },
        after: { at: new Date(gap.afterMs), usdPerHour: after },
        peers: price.peers,
      },
      other: null,
    });
  }
  return buckets;
}

interface Filling {
  readonly input: GapsToFill;
  readonly gap: Gap;
  readonly method: FillMethod;
  readonly before: number;
  readonly after: number;
}

interface ComputedPrice {
  readonly usdPerHour: number;
  readonly peers: readonly string[];
}

function priceAt(atMs: number, filling: Filling): ComputedPrice | null {
  const { gap, before, after } = filling;
  switch (filling.method) {
    case 'linear': {
      const share = (atMs - gap.beforeMs) / (gap.afterMs - gap.beforeMs);
      return { usdPerHour: before + (after - before) * share, peers: [] };
    }
    case 'weighted-average':
      return { usdPerHour: weightedAverage(gap, before, after), peers: [] };
    case 'cross-pool':
      return followPeers(atMs, filling);
  }
}

/**
 * One price for the whole gap: weight 1 / (minutes from the middle of the gap + 1), within an hour (PP-23). Only the
 * prices at its two edges count. A spot price is a step: what it was before the last change says nothing about
 * the gap, and taking it in makes the fill worse than carrying the last price on (docs/adr/0012).
 */
function weightedAverage(gap: Gap, before: number, after: number): number {
  const middleMs = (gap.beforeMs + gap.afterMs) / 2;
  const weightOf = (atMs: number): number => 1 / (Math.abs(middleMs - atMs) / 60_000 + 1);
  const weightBefore = weightOf(gap.beforeMs);
  const weightAfter = weightOf(gap.afterMs);
  return (before * weightBefore + after * weightAfter) / (weightBefore + weightAfter);
}

/** The price before the gap, changed like the median of the peers since then (PP-25, CT-93). */
function followPeers(atMs: number, { input, gap, before }: Filling): ComputedPrice | null {
  const changes: { readonly peer: string; readonly factor: number }[] = [];
  for (const [peer, prices] of input.peers) {
    const then = prices.get(gap.beforeMs);
    const now = prices.get(atMs);
    if (then !== undefined && now !== undefined) changes.push({ peer, factor: now / then });
  }
  if (changes.length === 0) return null;
  const factors = changes.map(({ factor }) => factor).sort((a, b) => a - b);
  return { usdPerHour: before * medianOf(factors), peers: changes.map(({ peer }) => peer).sort() };
}

function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 1;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
