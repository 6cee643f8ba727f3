import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { AppError } from '@spotopt/kernel';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { onDemandPricesFor } from './on-demand-prices.js';
import { LINUX, PriceBook, regionOf, seriesOf, type PriceRow } from './price-book.js';

const decimal = z.string().regex(/^\d+(\.\d+)?$/, 'a decimal number');
const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'a time');

const csvRow = z.object({
  timestamp: instant,
  instance_type: z.string().min(1),
  az: z.string().min(1),
  spot_price: decimal,
});

/** What `aws ec2 describe-spot-price-history` prints. */
const awsHistory = z.object({
  SpotPriceHistory: z.array(
    z.object({
      AvailabilityZone: z.string().min(1),
      InstanceType: z.string().min(1),
      ProductDescription: z.string().default(LINUX),
      SpotPrice: decimal,
      Timestamp: instant,
    }),
  ),
});

function invalid(name: string, problem: string, cause?: unknown): AppError {
  return AppError.permanent('invalid-price-file', `${name}: ${problem}`, { cause });
}

function parseCsv(text: string, name: string): PriceRow[] {
  let records: unknown[];
  try {
    records = parse(text, { columns: true, skip_empty_lines: true, trim: true, bom: true });
  } catch (error) {
    throw invalid(name, error instanceof Error ? error.message : 'not CSV', error);
  }
  return records.map((record, index) => {
    const row = csvRow.safeParse(record);
    if (!row.success) throw invalid(name, `row ${index + 1}: ${z.prettifyError(row.error)}`);
    return {
      atMs: Date.parse(row.data.timestamp),
      instanceType: row.data.instance_type,
      zone: row.data.az,
      product: LINUX,
      text: row.data.spot_price,
    };
  });
}

function parseJson(text: string, name: string): PriceRow[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw invalid(name, 'not JSON', error);
  }
  const history = awsHistory.safeParse(document);
  if (!history.success) throw invalid(name, z.prettifyError(history.error));
  return history.data.SpotPriceHistory.map((row) => ({
    atMs: Date.parse(row.Timestamp),
    instanceType: row.InstanceType,
    zone: row.AvailabilityZone,
    product: row.ProductDescription,
    text: row.SpotPrice,
  }));
}

/** Rows of a recorded price file: CSV `timestamp,instance_type,az,spot_price`, or the JSON of the AWS CLI. */
export function parsePriceFile(text: string, name: string): PriceRow[] {
  const rows = text.trimStart().startsWith('{') ? parseJson(text, name) : parseCsv(text, name);
  if (rows.length === 0) throw invalid(name, 'no prices in it');
  return rows;
}

export function recordedPriceBook(rows: readonly PriceRow[]): PriceBook {
  const region = regionOf(rows);
  const spotPrices = new Map<string, number[]>();
  for (const row of rows) {
    const prices = spotPrices.get(row.instanceType) ?? [];
    spotPrices.set(row.instanceType, prices);
    prices.push(Number(row.text));
  }
  return new PriceBook({ region, series: seriesOf(rows), onDemand: onDemandPricesFor(region, spotPrices) });
}

/**
 * Reads a recording; a file that ends in `.gz` is unpacked.
 * @throws AppError `price-file-unreadable`, `invalid-price-file` or `prices-of-many-regions`
 */
export async function loadPriceFile(path: string): Promise<PriceBook> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw AppError.permanent('price-file-unreadable', `cannot read the price file ${path}`, { cause: error });
  }
  try {
    bytes = path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  } catch (error) {
    throw invalid(path, 'not a gzip file', error);
  }
  return recordedPriceBook(parsePriceFile(bytes.toString('utf8'), path));
}
