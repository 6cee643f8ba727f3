import type { SeriesSource } from '@spotopt/contracts';
import type { ReportedPrice, StepPrice } from '../pools/ports.js';
import { BUCKET_MS, bucketOf, type OtherReport, type SeriesBucket } from './bucket.js';

/** A price that a reporter saw. */
export type Observation = Omit<ReportedPrice, 'poolId'>;

/** A change of AWS's own price history: it holds until the next one. */
export type PriceStep = Omit<StepPrice, 'poolId'>;

/** Everything that is known of one pool between two moments. */
export interface Evidence {
  readonly poolId: string;
  /** Start of the first bucket. */
  readonly fromMs: number;
  /** End of the last bucket. */
  readonly untilMs: number;
  readonly observations: readonly Observation[];
  /** Oldest first, the last one before `fromMs` included. */
  readonly steps: readonly PriceStep[];
  /** AWS's history was read up to here; null when it never was. */
  readonly stepsUntilMs: number | null;
}

/** CT-89. */
export const CONFIDENCE: Readonly<Record<Exclude<SeriesSource, 'interpolated'>, number>> = {
  'primary-report': 1,
  'replica-report': 0.95,
  'spot-price-history': 0.9,
};

/**
 * The measured buckets of a pool, oldest first: the primary's price before a replica's before AWS's history, of one
 * source the latest, at equal time the dearer. Never a mean (CT-90). AWS's history tells changes, so that a bucket
 * without one has the price of the last change, as far as the history was read.
 */
export function measuredBuckets(evidence: Evidence): SeriesBucket[] {
  const reported = groupByBucket(evidence);
  const stepAt = stepReader(evidence);
  const buckets: SeriesBucket[] = [];
  for (let atMs = evidence.fromMs; atMs < evidence.untilMs; atMs += BUCKET_MS) {
    const step = stepAt(atMs);
    const observations = reported.get(atMs);
    const bucket =
      observations === undefined
        ? step && fromStep(evidence.poolId, atMs, step)
        : fromReports(evidence.poolId, atMs, observations);
    if (bucket !== undefined) buckets.push(bucket);
  }
  return buckets;
}

function groupByBucket({ observations, fromMs, untilMs }: Evidence): Map<number, Observation[]> {
  const groups = new Map<number, Observation[]>();
  for (const observation of observations) {
    if (observation.atMs < fromMs || observation.atMs >= untilMs) continue;
    const atMs = bucketOf(observation.atMs);
    const group = groups.get(atMs);
    if (group === undefined) groups.set(atMs, [observation]);
    else group.push(observation);
  }
  return groups;
}

/** Answers for buckets in rising order which change is in force at the end of each. */
function stepReader({ steps, stepsUntilMs }: Evidence): (bucketMs: number) => PriceStep | undefined {
  let next = 0;
  return (bucketMs) => {
    const endMs = bucketMs + BUCKET_MS;
    if (stepsUntilMs === null || endMs > stepsUntilMs) return undefined;
    while (next < steps.length && (steps[next]?.atMs ?? endMs) < endMs) next += 1;
    return steps[next - 1];
  };
}

function fromStep(poolId: string, atMs: number, step: PriceStep): SeriesBucket {
  const source = 'spot-price-history';
  return {
    poolId,
    bucketAt: new Date(atMs),
    usdPerHour: step.usdPerHour,
    source,
    confidence: CONFIDENCE[source],
    fill: null,
    other: null,
  };
}

function fromReports(
  poolId: string,
  atMs: number,
  observations: readonly Observation[],
): SeriesBucket | undefined {
  const primary = latestOf(observations, 'primary-report');
  const replica = latestOf(observations, 'replica-report');
  const used = primary ?? replica;
  if (used === undefined) return undefined;
  return {
    poolId,
    bucketAt: new Date(atMs),
    usdPerHour: used.usdPerHour,
    source: used.source,
    confidence: CONFIDENCE[used.source],
    fill: null,
    other: primary === undefined || replica === undefined ? null : otherThan(primary, replica),
  };
}

function latestOf(
  observations: readonly Observation[],
  source: Observation['source'],
): Observation | undefined {
  let best: Observation | undefined;
  for (const candidate of observations) {
    if (candidate.source !== source) continue;
    const isBetter =
      best === undefined ||
      candidate.atMs > best.atMs ||
      (candidate.atMs === best.atMs && candidate.usdPerHour > best.usdPerHour);
    if (isBetter) best = candidate;
  }
  return best;
}

/** The difference is to the hundredth of a percent. */
function otherThan(used: Observation, { source, usdPerHour }: Observation): OtherReport {
  const off = Math.abs(usdPerHour - used.usdPerHour) / used.usdPerHour;
  return { source, usdPerHour, differencePercent: Math.round(10_000 * off) / 100 };
}
