import { SystemClock } from '@spotopt/kernel';
import type { Connection } from 'mysql2/promise';
import { BUCKET_MS, ReadSeries, SqlCanonicalStore, SqlPoolStore, SqlSeriesStore } from '@spotopt/pricing';
import type { UnitOfWork } from '@spotopt/kernel';
import { mulberry32 } from '@spotopt/testkit';
import type { BenchContext } from '../bench.js';
import { quantileOf, timed } from '../median.js';
import type { FilledHistory } from './fill-history.js';
import type { PricingDatabase } from './pricing-database.js';
import { RecordedReads, usesIndexRange } from './recorded-reads.js';

const WINDOW_BUCKETS = (7 * 86_400_000) / BUCKET_MS;
const WARM_UP_CALLS = 50;
const CALLS = 600;
const BARE_SELECT = `SELECT pool_id, bucket_at, usd_per_hour, source, confidence, fill, other_source, other_usd_per_hour,
  difference_percent FROM series_price WHERE pool_id = ? AND bucket_at >= ? AND bucket_at < ? ORDER BY bucket_at`;

interface Window {
  readonly poolId: string;
  readonly from: Date;
  readonly until: Date;
}

/** Seven days of one pool in steps of five minutes: the service's answer beside the bare rows. */
export async function measureChartReads(
  context: BenchContext,
  { database, bare }: PricingDatabase,
  history: FilledHistory,
): Promise<void> {
  const random = mulberry32(1);
  const readSeries = readerOn(database.uow);
  const servedMs: number[] = [];
  const bareMs: number[] = [];
  for (let call = 0; call < WARM_UP_CALLS + CALLS; call += 1) {
    context.signal.throwIfAborted();
    const [served, plain] = await bothReads(readSeries, bare, [
      windowIn(history, random),
      windowIn(history, random),
    ]);
    if (call < WARM_UP_CALLS) continue;
    servedMs.push(served);
    bareMs.push(plain);
  }
  for (const [name, share] of [['p50', 0.5] as const, ['p99', 0.99] as const]) {
    const [value, reference] = [quantileOf(servedMs, share), quantileOf(bareMs, share)];
    context.report({ name: `price-history.${name}`, value, unit: 'ms', reference });
  }
  const reads = new RecordedReads(database.uow);
  await historyOf(readerOn(reads), windowIn(history, random));
  const value = (await usesIndexRange(database.uow, reads.statements)) ? 1 : 0;
  context.report({ name: 'price-history.plan', value, unit: '1 = index range', reference: null });
}

function readerOn(uow: UnitOfWork): ReadSeries {
  const stores = {
    series: new SqlSeriesStore(),
    pools: new SqlPoolStore(),
    canonical: new SqlCanonicalStore(),
  };
  return new ReadSeries({ uow, clock: new SystemClock(), ...stores });
}

/** Different windows, so that neither finds in memory what the other has just read. */
async function bothReads(
  readSeries: ReadSeries,
  bare: Connection,
  [served, plain]: readonly [Window, Window],
): Promise<[number, number]> {
  const servedMs = await timed(() => historyOf(readSeries, served));
  const bareMs = await timed(() => bare.query(BARE_SELECT, [plain.poolId, plain.from, plain.until]));
  return [servedMs, bareMs];
}

async function historyOf(readSeries: ReadSeries, { poolId, from, until }: Window): Promise<void> {
  const { pools } = await readSeries.history({
    poolIds: [poolId],
    from: from.toISOString(),
    to: until.toISOString(),
    stepSeconds: BUCKET_MS / 1_000,
  });
  const points = pools[0]?.points ?? [];
  const empty = points.filter(({ state }) => state === 'empty').length;
  if (points.length !== WINDOW_BUCKETS || empty > 0) {
    throw new Error(`${poolId}: ${String(points.length)} points, ${String(empty)} of them empty`);
  }
}

function windowIn({ poolIds, fromMs, bucketsPerPool }: FilledHistory, random: () => number): Window {
  const poolId = poolIds[Math.floor(random() * poolIds.length)] ?? '';
  const first = Math.floor(random() * (bucketsPerPool - WINDOW_BUCKETS));
  const from = new Date(fromMs + first * BUCKET_MS);
  return { poolId, from, until: new Date(from.getTime() + WINDOW_BUCKETS * BUCKET_MS) };
}
