import { AppError } from '@spotopt/kernel';
import { parse } from 'csv-parse';
import type { Options } from 'csv-parse';
import { Transform, finished } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { invalidRequest } from '../invalid-body.js';
import { rowsOf } from './cost-report-row.js';
import type { CostRow, CostSource } from './cost-report-row.js';
import { roundUsd } from './usd.js';

export interface CostReportUpload {
  readonly source: CostSource;
  readonly body: Readable;
  readonly gzip: boolean;
  /** Of the unpacked text: a small packed file can hold any amount of it. */
  readonly maxBytes: number;
  readonly maxMachineHours?: number;
}

export interface CostReportSums {
  readonly rowsRead: number;
  readonly skippedRows: number;
  readonly machineDays: number;
  /** One per machine and UTC hour. */
  readonly machineHours: readonly CostRow[];
}

/** A quote that is never closed would otherwise take the rest of the report into memory. */
const MAX_RECORD_CHARACTERS = 65_536;
/** What is kept of a report until its end; a month of some 270 machines. */
const MAX_MACHINE_HOURS = 200_000;

const COMMON: Options = { skip_empty_lines: true, info: true, max_record_size: MAX_RECORD_CHARACTERS };

const FORMATS: Readonly<Record<CostSource, Options>> = {
  'cost-and-usage-report': { ...COMMON, bom: true },
  'spot-data-feed': { ...COMMON, delimiter: '\t', quote: null, relax_column_count: true },
};

class CostSums {
  readonly #hours = new Map<string, CostRow>();
  readonly #days = new Set<string>();
  rowsRead = 0;
  skippedRows = 0;

  constructor(private readonly maxMachineHours: number) {}

  /** @throws AppError `body-too-large` (permanent) */
  add(row: CostRow): void {
    const key = `${row.ec2InstanceId} ${row.hourAt}`;
    const before = this.#hours.get(key);
    const hours = before === undefined ? row.hours : sumOf(before.hours, row.hours);
    this.#hours.set(key, { ...row, usd: (before?.usd ?? 0) + row.usd, hours });
    this.#days.add(`${row.ec2InstanceId} ${row.hourAt.slice(0, 10)}`);
    if (this.#hours.size <= this.maxMachineHours) return;
    const message = `a report is about at most ${String(this.maxMachineHours)} hours of machines; split it`;
    throw AppError.permanent('body-too-large', message);
  }

  get machineDays(): number {
    return this.#days.size;
  }

  get machineHours(): CostRow[] {
    return [...this.#hours.values()].map((row) => ({ ...row, usd: roundUsd(row.usd) }));
  }
}

function sumOf(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return a + b;
}

/**
 * Adds up a report while it arrives; what is kept grows with machines and hours, not with the file. The body is
 * left open when the report is refused: its connection still has to carry the answer.
 * @throws AppError `invalid-request` (permanent) that names the missing column or the line, or `body-too-large`
 */
export async function sumCostReport(upload: CostReportUpload): Promise<CostReportSums> {
  const { source, body, gzip, maxBytes, maxMachineHours = MAX_MACHINE_HOURS } = upload;
  const read = rowsOf(source);
  const sums = new CostSums(maxMachineHours);
  const parser = parse(FORMATS[source]);
  const consume = async (records: AsyncIterable<unknown>): Promise<void> => {
    for await (const { record, info } of records as AsyncIterable<ParsedLine>) {
      const row = read(record, info.lines);
      if (row === 'heading') continue;
      sums.rowsRead += 1;
      if (row === 'skipped') sums.skippedRows += 1;
      else sums.add(row);
    }
  };
  const limit = limited(maxBytes);
  const entry = gzip ? createGunzip() : limit;
  finished(body, { writable: false }, (error) => {
    if (error != null) entry.destroy(error);
  });
  body.pipe(entry);
  try {
    if (entry === limit) await pipeline(limit, parser, consume);
    else await pipeline(entry, limit, parser, consume);
  } catch (error) {
    throw readable(error);
  } finally {
    body.unpipe(entry);
    body.resume();
  }
  if (sums.rowsRead === 0) throw invalidRequest([{ path: ['body'], message: 'no rows in it' }]);
  const { rowsRead, skippedRows, machineDays, machineHours } = sums;
  return { rowsRead, skippedRows, machineDays, machineHours };
}

interface ParsedLine {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function limited(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBytes) done(null, chunk);
      else done(AppError.permanent('body-too-large', `a report has at most ${String(maxBytes)} bytes`));
    },
  });
}

/** Errors of the libraries in words that help whoever sent the file. */
function readable(error: unknown): unknown {
  const { code = '', message = '', lines = 1 } = (error ?? {}) as LibraryError;
  if (code.startsWith('Z_')) {
    return invalidRequest([{ path: ['content-encoding'], message: 'the body is not gzip' }]);
  }
  if (code.startsWith('CSV_')) return invalidRequest([{ path: [`line ${String(lines)}`], message }]);
  return error;
}

interface LibraryError {
  readonly code?: string;
  readonly message?: string;
  readonly lines?: number;
}
