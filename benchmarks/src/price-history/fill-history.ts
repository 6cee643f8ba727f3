import { BUCKET_MS } from '@spotopt/pricing';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { BenchContext } from '../bench.js';

export interface FilledHistory {
  readonly poolIds: readonly string[];
  readonly fromMs: number;
  readonly bucketsPerPool: number;
}

const POOLS = 400;
const BUCKETS_PER_POOL = 25_000;
const POOLS_PER_LINE = 40;
const FILL = JSON.stringify({
  method: 'linear',
  gapBuckets: 1,
  before: { at: '2026-01-01T00:00:00.000Z', usdPerHour: 0.1 },
  after: { at: '2026-01-01T00:10:00.000Z', usdPerHour: 0.1 },
  peers: [],
});
/** Every tenth bucket is a computed one, every third has a second reporter. */
const INSERT_POOL = `
  INSERT INTO series_price
    (pool_id, bucket_at, usd_per_hour, source, confidence, fill, other_source, other_usd_per_hour, difference_percent)
  SELECT ?, TIMESTAMPADD(MINUTE, 5 * n, ?), 0.05 + (n % 997) / 10000,
    IF(n % 10 = 0, 'interpolated', 'primary-report'), IF(n % 10 = 0, 0.85, 1), IF(n % 10 = 0, ?, NULL),
    IF(n % 3 = 0, 'replica-report', NULL), IF(n % 3 = 0, 0.05 + (n % 997) / 10000, NULL), IF(n % 3 = 0, 0, NULL)
  FROM bench_number ORDER BY n`;

/** Ten million consolidated prices that end at the moment, made by the server itself, pool by pool. */
export async function fillHistory(
  connection: Connection,
  untilMs: number,
  { signal, tell }: Pick<BenchContext, 'signal' | 'tell'>,
): Promise<FilledHistory> {
  const fromMs = untilMs - BUCKETS_PER_POOL * BUCKET_MS;
  const poolIds = Array.from({ length: POOLS }, (_, index) => `h${String(index)}.large.us-east-1a`);
  await makeNumbers(connection);
  const indexes = await dropSecondaryIndexes(connection);
  for (const [index, poolId] of poolIds.entries()) {
    signal.throwIfAborted();
    await connection.query(INSERT_POOL, [poolId, new Date(fromMs), FILL]);
    const done = index + 1;
    if (done % POOLS_PER_LINE === 0) tell(`${((done * BUCKETS_PER_POOL) / 1e6).toFixed(0)} million rows`);
  }
  tell('indexes');
  for (const sql of indexes) await connection.query(sql);
  await connection.query('DROP TABLE bench_number');
  await connection.query('ANALYZE TABLE series_price');
  return { poolIds, fromMs, bucketsPerPool: BUCKETS_PER_POOL };
}

/** 0, 1, 2, … */
async function makeNumbers(connection: Connection): Promise<void> {
  await connection.query('CREATE TABLE bench_number (n INT PRIMARY KEY)');
  const numbers = Array.from({ length: BUCKETS_PER_POOL }, (_, n) => [n]);
  await connection.query('INSERT INTO bench_number (n) VALUES ?', [numbers]);
}

/**
 * Rows arrive in the order of the primary key, hence in none of another index, which is faster built at the end.
 * Answers the statements that make the indexes again.
 */
async function dropSecondaryIndexes(connection: Connection): Promise<string[]> {
  const [rows] = await connection.query<(RowDataPacket & { name: string; columns: string })[]>(
    `SELECT index_name AS name, GROUP_CONCAT(column_name ORDER BY seq_in_index) AS columns
     FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'series_price' AND index_name <> 'PRIMARY'
     GROUP BY index_name`,
  );
  for (const { name } of rows) await connection.query(`DROP INDEX \`${name}\` ON series_price`);
  return rows.map(({ name, columns }) => `CREATE INDEX \`${name}\` ON series_price (${columns})`);
}
