import {
  BUCKET_MS,
  fillGaps,
  measuredBuckets,
  type MeasuredPrices,
  type Observation,
} from '@spotopt/pricing';
import { setImmediate as eventsHandled } from 'node:timers/promises';
import { mulberry32 } from '@spotopt/testkit';
import type { BenchContext } from '../bench.js';
import { completeReports, lossyReports, type Outage, outagesOf } from './lossy-reports.js';
import { Tally } from './tally.js';
import { readRecordedFiles, type TrueSeries } from './true-series.js';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** What is lost: reports here and there; or besides whole stretches of a zone, which only peers can tell of. */
type Losses = 'random' | 'outages';

interface Pool {
  readonly truth: TrueSeries;
  readonly reports: readonly Observation[];
}

/** Feeds damaged reports of recorded prices to the core of pricing and compares what it fills with what was. */
export async function measureQuality(context: BenchContext): Promise<void> {
  const files = await readRecordedFiles(context.dataDir);
  const totals = { random: new Tally(), outages: new Tally() };
  for (const { name, markets } of files) {
    const tallies = { random: new Tally(), outages: new Tally() };
    for (const market of markets) {
      await eventsHandled();
      context.signal.throwIfAborted();
      const pools = market.map((truth) => ({ truth, reports: completeReports(truth) }));
      for (const losses of ['random', 'outages'] as const) {
        for (const seed of SEEDS) fillOnce(pools, { losses, seed, tally: tallies[losses] });
      }
    }
    reportError(context, `pricing-quality.error.${name}`, tallies.random);
    reportError(context, `pricing-quality.outage-error.${name}`, tallies.outages);
    totals.random.add(tallies.random);
    totals.outages.add(tallies.outages);
  }
  reportError(context, 'pricing-quality.error', totals.random);
  reportShares(context, 'pricing-quality.share', totals.random);
  reportError(context, 'pricing-quality.outage-error', totals.outages);
  reportShares(context, 'pricing-quality.outage-share', totals.outages);
}

function fillOnce(
  pools: readonly Pool[],
  { losses, seed, tally }: { readonly losses: Losses; readonly seed: number; readonly tally: Tally },
): void {
  const random = mulberry32(seed);
  const truths = pools.map(({ truth }) => truth);
  const outages = losses === 'outages' ? outagesOf(truths, random) : [];
  const measured = new Map<string, MeasuredPrices>();
  for (const pool of pools) measured.set(pool.truth.poolId, measuredPricesOf(pool, outages, random));
  for (const truth of truths) {
    const { poolId } = truth;
    const own = measured.get(poolId) ?? new Map<number, number>();
    const peers = new Map([...measured].filter(([other]) => other !== poolId));
    tally.count(truth, own.size, fillGaps({ poolId, measured: own, peers }));
  }
}

function measuredPricesOf(
  { truth, reports }: Pool,
  outages: readonly Outage[],
  random: () => number,
): MeasuredPrices {
  const { poolId, zone, fromMs, usdPerHour } = truth;
  const ofZone = outages.filter((outage) => outage.zone === zone);
  const buckets = measuredBuckets({
    poolId,
    fromMs,
    untilMs: fromMs + usdPerHour.length * BUCKET_MS,
    observations: lossyReports(reports, ofZone, random),
    steps: [],
    stepsUntilMs: null,
  });
  return new Map(buckets.map((bucket) => [bucket.bucketAt.getTime(), bucket.usdPerHour]));
}

function reportError(context: BenchContext, name: string, tally: Tally): void {
  context.report({ name, unit: 'USD/h', ...tally.error });
  context.tell(`${name}: filled ${tally.methods}`);
}

function reportShares(context: BenchContext, name: string, { shares }: Tally): void {
  for (const [kind, value] of Object.entries(shares)) {
    context.report({ name: `${name}.${kind}`, value, unit: 'share of buckets', reference: null });
  }
}
