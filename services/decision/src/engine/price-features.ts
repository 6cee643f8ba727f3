/** A price holds from `atMs` until the next point. */
export interface PricePoint {
  readonly atMs: number;
  readonly usdPerHour: number;
}

export interface PriceFeatures {
  readonly volatility24h: number | null;
  readonly rising: boolean | null;
}

/** Distance between the samples that the features are computed from. */
const SAMPLE_MS = 5 * 60_000;
const DAY_MS = 24 * 3_600_000;
const TREND_MS = 6 * 3_600_000;
/** Two prices closer than this are the same price. */
const SAME_PRICE_USD = 1e-12;

/**
 * What the published rule reads from a pool's prices: volatility is the population standard deviation over the
 * mean of the last 24 h, sampled every 5 minutes; a price rises when it is above that of 6 h ago, or above the
 * oldest known one.
 * @param points oldest first
 */
export function priceFeaturesOf(points: readonly PricePoint[], nowMs: number): PriceFeatures {
  const samples = samplesBack(points, nowMs);
  const newest = samples[0];
  if (newest === undefined) return { volatility24h: null, rising: null };
  const trendIndex = Math.min(samples.length - 1, TREND_MS / SAMPLE_MS);
  const before = samples[trendIndex] ?? newest;
  return {
    volatility24h: volatilityOf(samples.slice(0, DAY_MS / SAMPLE_MS)),
    rising: newest > before + SAME_PRICE_USD,
  };
}

/** Prices now, 5 minutes ago, … up to 24 h ago, as far back as any is known. */
function samplesBack(points: readonly PricePoint[], nowMs: number): number[] {
  const samples: number[] = [];
  let index = points.length - 1;
  for (let step = 0; step < DAY_MS / SAMPLE_MS; step += 1) {
    const atMs = nowMs - step * SAMPLE_MS;
    while (index >= 0 && (points[index]?.atMs ?? 0) > atMs) index -= 1;
    const point = points[index];
    if (point === undefined) break;
    samples.push(point.usdPerHour);
  }
  return samples;
}

function volatilityOf(samples: readonly number[]): number | null {
  if (samples.length < 2) return null;
  const mean = samples.reduce((sum, price) => sum + price, 0) / samples.length;
  if (mean <= 0) return null;
  const variance = samples.reduce((sum, price) => sum + (price - mean) ** 2, 0) / samples.length;
  return Math.sqrt(variance) / mean;
}
