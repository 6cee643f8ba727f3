import { NoFailpoints } from '@spotopt/kernel';
import {
  BUCKET_MS,
  ConsolidateStale,
  FireAlerts,
  type RawPrice,
  SqlPoolStore,
  SqlPriceAlertStore,
  SqlRawPriceStore,
  SqlSeriesStore,
  SqlStaleStore,
  SqlWatchStore,
  StoredPriceBook,
} from '@spotopt/pricing';
import type { RowDataPacket } from 'mysql2/promise';
import type { BenchContext } from '../bench.js';
import { medianOf, timed } from '../median.js';
import type { PricingDatabase } from './pricing-database.js';

const POOLS = 10_000;
/** Every third pool has a standby that reports too. */
const STANDBY_EVERY = 3;
const ZONES = ['a', 'b', 'c', 'd', 'e'];
const MEASURED_BUCKETS = 5;
const MINUTE_MS = 60_000;

const POOL_IDS = Array.from(
  { length: POOLS },
  (_, index) =>
    `b${String(Math.floor(index / ZONES.length))}.large.us-west-2${ZONES[index % ZONES.length] ?? ''}`,
);

/** Buckets of 10,000 pools, one after the other, each reported as machines do and then consolidated in one go. */
export async function measureConsolidation(context: BenchContext, schema: PricingDatabase): Promise<void> {
  const { database, clock } = schema;
  const { book, consolidate } = partsOf(schema);
  const seconds: number[] = [];
  const bareSeconds: number[] = [];
  await schema.bare.query('CREATE TABLE bench_series LIKE series_price');
  for (let bucket = 0; bucket <= MEASURED_BUCKETS; bucket += 1) {
    context.signal.throwIfAborted();
    const bucketMs = clock.nowMs();
    const rows = reportsOf(bucketMs);
    await database.uow.run((tx) => book.keep(tx, rows));
    await clock.advance(BUCKET_MS);
    const tookMs = await timed(() => consolidate.execute());
    await assertConsolidated(schema, new Date(bucketMs));
    // The first one finds nothing before it.
    if (bucket === 0) continue;
    const bareMs = await timed(() => insertBare(schema, new Date(bucketMs)));
    seconds.push(tookMs / 1_000);
    bareSeconds.push(bareMs / 1_000);
    context.tell(`bucket ${String(bucket)}: ${tookMs.toFixed(0)} ms, bare ${bareMs.toFixed(0)} ms`);
  }
  const name = 'price-history.consolidate-bucket';
  context.report({ name, value: medianOf(seconds), unit: 's', reference: medianOf(bareSeconds) });
  const [value, reference] = [Math.max(...seconds), Math.max(...bareSeconds)];
  context.report({ name: `${name}.max`, value, unit: 's', reference });
}

function partsOf({ database, clock, ids }: PricingDatabase): {
  book: StoredPriceBook;
  consolidate: ConsolidateStale;
} {
  const { uow, outbox } = database;
  const common = { uow, outbox, clock, ids };
  const stores = {
    pools: new SqlPoolStore(),
    raw: new SqlRawPriceStore(),
    stale: new SqlStaleStore(),
    series: new SqlSeriesStore(),
    watches: new SqlWatchStore(),
  };
  const watchers = new FireAlerts({ ...common, alerts: new SqlPriceAlertStore() });
  return {
    book: new StoredPriceBook({ ...common, ...stores, watchers }),
    consolidate: new ConsolidateStale({ ...common, ...stores, failpoints: new NoFailpoints() }),
  };
}

function reportsOf(bucketMs: number): RawPrice[] {
  const receivedAt = new Date(bucketMs + 2 * MINUTE_MS);
  return POOL_IDS.flatMap((poolId, index) => {
    const usdPerHour = 0.05 + ((index + bucketMs / BUCKET_MS) % 97) / 1_000;
    const report = { poolId, usdPerHour, reportId: null, receivedAt };
    const observedAt = new Date(bucketMs + MINUTE_MS);
    const primary = { ...report, source: 'primary-report' as const, reportedBy: 'key-primary', observedAt };
    const replica = { ...report, source: 'replica-report' as const, reportedBy: 'key-standby', observedAt };
    return index % STANDBY_EVERY === 0 ? [primary, replica] : [primary];
  });
}

async function assertConsolidated({ bare }: PricingDatabase, bucketAt: Date): Promise<void> {
  const [rows] = await bare.query<(RowDataPacket & { n: number | string })[]>(
    `SELECT COUNT(*) AS n FROM series_price WHERE bucket_at = ? AND source = 'primary-report'
       AND pool_id LIKE 'b%.us-west-2_'`,
    [bucketAt],
  );
  const count = Number(rows[0]?.n);
  if (count !== POOLS) throw new Error(`${String(count)} of ${String(POOLS)} pools were consolidated`);
}

/** The same rows by one statement into a table of the same shape. */
async function insertBare({ bare }: PricingDatabase, bucketAt: Date): Promise<void> {
  const rows = POOL_IDS.map((poolId, index) => {
    const other = index % STANDBY_EVERY === 0 ? ['replica-report', 0.05, 0] : [null, null, null];
    return [poolId, bucketAt, 0.05, 'primary-report', 1, null, ...other];
  });
  await bare.query('INSERT INTO bench_series VALUES ?', [rows]);
}
