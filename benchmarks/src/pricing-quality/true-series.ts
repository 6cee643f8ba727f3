import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BUCKET_MS } from '@spotopt/pricing';
import { loadPriceFile, type PriceBook } from '@spotopt/simulator';
import { BenchRefused, EXIT_NO_INPUT } from '../bench.js';

const PRICE_FILE = /^prices_.*\.csv$/;

/** What a pool really cost in every bucket of five minutes. */
export interface TrueSeries {
  readonly poolId: string;
  readonly zone: string;
  /** Start of the first bucket. */
  readonly fromMs: number;
  readonly usdPerHour: Float64Array;
}

export interface RecordedFile {
  /** `us-east-1` for `prices_us-east-1.csv`. */
  readonly name: string;
  /** Pools of one instance type, type by type: they are each other's peers. */
  readonly markets: readonly (readonly TrueSeries[])[];
}

/** @throws BenchRefused when the folder has no recorded prices */
export async function readRecordedFiles(dataDir: string): Promise<RecordedFile[]> {
  const found = await readdir(dataDir).catch(() => []);
  const files = found.filter((file) => PRICE_FILE.test(file)).sort();
  if (files.length === 0) {
    throw new BenchRefused(
      `There are no recorded prices in ${dataDir}.\n` +
        'Point to a folder with files prices_*.csv (timestamp,instance_type,az,spot_price): ' +
        'npm run bench -- pricing-quality --data DIR',
      EXIT_NO_INPUT,
    );
  }
  return Promise.all(files.map((file) => readRecordedFile(dataDir, file)));
}

async function readRecordedFile(dataDir: string, file: string): Promise<RecordedFile> {
  const book = await loadPriceFile(join(dataDir, file));
  const byType = Map.groupBy(book.series, ({ instanceType }) => instanceType);
  const markets = [...byType.values()].map((ofType) =>
    ofType.map((series) => ({
      poolId: series.poolId,
      zone: series.zone,
      ...sampledAndHeld(series.changes),
    })),
  );
  return { name: file.replace(/^prices_|\.csv$/g, ''), markets };
}

/** The price in force at the start of each bucket, from the first whole bucket to the last change. */
function sampledAndHeld(
  changes: PriceBook['series'][number]['changes'],
): Pick<TrueSeries, 'fromMs' | 'usdPerHour'> {
  const [first] = changes;
  const last = changes.at(-1);
  if (first === undefined || last === undefined) return { fromMs: 0, usdPerHour: new Float64Array() };
  const fromMs = Math.ceil(first.atMs / BUCKET_MS) * BUCKET_MS;
  const buckets = Math.max(0, Math.floor((last.atMs - fromMs) / BUCKET_MS) + 1);
  const usdPerHour = new Float64Array(buckets);
  let inForce = first;
  let next = 1;
  for (let index = 0; index < buckets; index += 1) {
    const atMs = fromMs + index * BUCKET_MS;
    for (let change = changes[next]; change !== undefined && change.atMs <= atMs; change = changes[next]) {
      inForce = change;
      next += 1;
    }
    usdPerHour[index] = inForce.usdPerHour;
  }
  return { fromMs, usdPerHour };
}
