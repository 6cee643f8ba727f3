import type { TrainingFormat } from '@spotopt/contracts';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { type Column, COLUMNS, COLUMNS_VERSION, type Value } from './columns.js';
import type { TrainingRow } from './training-row.js';

/** Turns rows into the bytes of a file, a little at a time. The same rows always give the same bytes. */
export abstract class Encoder {
  abstract add(rows: readonly TrainingRow[]): Uint8Array;
  abstract finish(): Uint8Array;
}

export function encoderFor(format: TrainingFormat): Encoder {
  return format === 'csv' ? new CsvEncoder() : new ParquetEncoder();
}

const DECIMALS = 6;
/** Rows of a Parquet row group: they are in memory together, and written without a pause. */
const GROUP_ROWS = 4_000;

/** No text of a row can hold a comma or a quote: pool ids and words of the contract. */
class CsvEncoder extends Encoder {
  #header = `${COLUMNS.map(({ name }) => name).join(',')}\n`;

  override add(rows: readonly TrainingRow[]): Uint8Array {
    const lines = rows.map((row) => `${COLUMNS.map((column) => csvText(column.of(row))).join(',')}\n`);
    const text = this.#header + lines.join('');
    this.#header = '';
    return Buffer.from(text);
  }

  override finish(): Uint8Array {
    return this.add([]);
  }
}

function csvText(value: Value): string {
  if (value === null) return '';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'boolean') return value ? '1' : '0';
  return String(typeof value === 'number' ? rounded(value) : value);
}

function rounded(value: number): number {
  return Number(value.toFixed(DECIMALS));
}

const PARQUET_TYPES = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  double: { type: 'DOUBLE' },
  int: { type: 'INT32' },
  boolean: { type: 'BOOLEAN' },
} as const;

class ParquetEncoder extends Encoder {
  readonly #bytes = new ByteWriter();
  readonly #writer = new ParquetWriter({
    writer: this.#bytes,
    createdBy: 'spotopt',
    kvMetadata: [{ key: 'spotopt.columns-version', value: String(COLUMNS_VERSION) }],
    schema: [
      { name: 'root', num_children: COLUMNS.length },
      ...COLUMNS.map(({ name, type, nullMeaning }) => ({
        name,
        ...PARQUET_TYPES[type],
        repetition_type: nullMeaning === null ? ('REQUIRED' as const) : ('OPTIONAL' as const),
      })),
    ],
  });
  #waiting: TrainingRow[] = [];

  override add(rows: readonly TrainingRow[]): Uint8Array {
    this.#waiting.push(...rows);
    while (this.#waiting.length >= GROUP_ROWS) this.#writeGroup();
    return this.#drain();
  }

  override finish(): Uint8Array {
    if (this.#waiting.length > 0) this.#writeGroup();
    void this.#writer.finish();
    return this.#drain();
  }

  #writeGroup(): void {
    const rows = this.#waiting.slice(0, GROUP_ROWS);
    this.#waiting = this.#waiting.slice(GROUP_ROWS);
    void this.#writer.write({
      columnData: COLUMNS.map((column) => ({
        name: column.name,
        data: rows.map((row) => parquetValue(column, row)),
        offsetIndex: false,
      })),
      rowGroupSize: rows.length,
    });
  }

  /** The writer goes on counting; its buffer starts anew. */
  #drain(): Uint8Array {
    const drained = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    return drained;
  }
}

function parquetValue(column: Column, row: TrainingRow): Value | undefined {
  const value = column.of(row);
  return column.type === 'double' && typeof value === 'number' ? rounded(value) : (value ?? undefined);
}
