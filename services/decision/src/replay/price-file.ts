import { AppError } from '@spotopt/kernel';
import { z } from 'zod';
import { type PriceChange, type PriceSeries, sortedChanges } from './price-series.js';

const LINUX = 'Linux/UNIX';
const COLUMNS = ['timestamp', 'instance_type', 'az', 'spot_price'] as const;
const ZONED = /(?:Z|[+-]\d{2}:?\d{2})$/i;
const MAX_USD_PER_HOUR = 1000;

/** Rows that are read between two turns. */
const ROWS_PER_TURN = 500;

/** What `aws ec2 describe-spot-price-history` prints. */
const AwsHistory = z.object({
  SpotPriceHistory: z.array(
    z.object({
      AvailabilityZone: z.string(),
      InstanceType: z.string(),
      ProductDescription: z.string().default(LINUX),
      SpotPrice: z.coerce.string(),
      Timestamp: z.string(),
    }),
  ),
});

interface RawRow {
  /** For messages. */
  readonly place: string;
  readonly az: string;
  readonly instanceType: string;
  readonly time: string;
  readonly price: string;
}

/**
 * Recorded prices as CSV with the columns timestamp, instance_type, az and spot_price in any order, or as the JSON of
 * the AWS CLI, by pool.
 * @param name of the file, for messages
 * @throws AppError `invalid-price-file`
 */
export function readPriceFile(text: string, name: string): PriceSeries[] {
  const reading = priceFileInTurns(text, name);
  for (;;) {
    const turn = reading.next();
    if (turn.done === true) return turn.value;
  }
}

/** The same a little at a time: between two turns others may do their work. */
export function* priceFileInTurns(text: string, name: string): Generator<void, PriceSeries[]> {
  const rows = text.trimStart().startsWith('{') ? awsRows(text, name) : csvRows(text, name);
  const pools = new Map<string, { az: string; instanceType: string; changes: PriceChange[] }>();
  let read = 0;
  for (const row of rows) {
    const { az, instanceType } = row;
    if (az === '' || instanceType === '') throw invalid(name, `${row.place} names no pool`);
    const key = `${az}/${instanceType}`;
    const pool = pools.get(key) ?? { az, instanceType, changes: [] };
    pools.set(key, pool);
    pool.changes.push({ atS: secondsOf(row, name), usdPerHour: usdOf(row, name) });
    read += 1;
    if (read % ROWS_PER_TURN === 0) yield;
  }
  if (read === 0) throw invalid(name, 'there are no prices in it');
  return [...pools.values()].map((pool) => ({ ...pool, changes: sortedChanges(pool.changes) }));
}

/** Neither names of types nor zones, times nor prices need quotes; a spreadsheet may put some nevertheless. */
function* csvRows(text: string, name: string): Generator<RawRow> {
  const unquoted = (cell: string): string => cell.trim().replace(/^"(.*)"$/, '$1');
  let header: number[] | null = null;
  let line = 0;
  for (const [content] of text.matchAll(/[^\r\n]+/g)) {
    line += 1;
    const cells = content.split(',').map(unquoted);
    if (header === null) {
      header = headerOf(cells, name);
      continue;
    }
    const [time = '', instanceType = '', az = '', price = ''] = header.map((column) => cells[column] ?? '');
    yield { place: `line ${String(line)}`, az, instanceType, time, price };
  }
}

function headerOf(cells: readonly string[], name: string): number[] {
  const [first = '', ...others] = cells;
  const titles = [first.replace(/^\uFEFF/, ''), ...others];
  const missing = COLUMNS.filter((column) => !titles.includes(column));
  if (missing.length > 0) {
    throw invalid(
      name,
      `the first line must name the columns ${COLUMNS.join(',')}; missing: ${missing.join(', ')}`,
    );
  }
  return COLUMNS.map((column) => titles.indexOf(column));
}

function* awsRows(text: string, name: string): Generator<RawRow> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw invalid(name, 'not JSON', error);
  }
  const history = AwsHistory.safeParse(document);
  if (!history.success) {
    throw invalid(name, `not what describe-spot-price-history prints: ${z.prettifyError(history.error)}`);
  }
  for (const [index, row] of history.data.SpotPriceHistory.entries()) {
    if (!row.ProductDescription.startsWith(LINUX)) continue;
    yield {
      place: `entry ${String(index + 1)}`,
      az: row.AvailabilityZone,
      instanceType: row.InstanceType,
      time: row.Timestamp,
      price: row.SpotPrice,
    };
  }
}

/** A time without a zone is UTC, wherever this runs. */
function secondsOf({ place, time }: RawRow, name: string): number {
  const atMs = Date.parse(ZONED.test(time) ? time : `${time}Z`);
  if (!Number.isNaN(atMs)) return Math.floor(atMs / 1000);
  throw invalid(name, `${place}: timestamp "${time}" is not a time such as 2026-01-31T10:00:00Z`);
}

function usdOf({ place, price }: RawRow, name: string): number {
  const usdPerHour = price === '' ? Number.NaN : Number(price);
  if (usdPerHour > 0 && usdPerHour <= MAX_USD_PER_HOUR) return usdPerHour;
  throw invalid(name, `${place}: spot_price "${price}" is not a price in USD per hour`);
}

function invalid(name: string, problem: string, cause?: unknown): AppError {
  return AppError.permanent('invalid-price-file', `${name}: ${problem}`, { cause });
}
