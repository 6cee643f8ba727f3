import { describe, expect, it } from '@jest/globals';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { COLUMNS, COLUMNS_VERSION } from './columns.js';
import { encoderFor } from './encoders.js';
import type { TrainingRow } from './training-row.js';

const START = Date.parse('2026-11-21T12:00:00.000Z');

function row(index: number): TrainingRow {
  const isKnown = index % 3 !== 0;
  return {
    ...{ poolId: 't3.medium.us-east-1a', instanceType: 't3.medium', region: 'us-east-1', az: 'us-east-1a' },
    bucketAt: new Date(START + index * 300_000),
    usdPerHour: 0.0125 + index / 1e6,
    onDemandUsdPerHour: isKnown ? 0.0416 : null,
    ...{ source: 'spot-price-history', confidence: 0.9, runningInstances: 1, noticeStatus: 'none' },
    volatility24h: isKnown ? 1 / 3 : null,
    rising: isKnown ? index % 2 === 0 : null,
    ...{ interruptions1h: 0, interruptions24h: 1, interruptions30d: isKnown ? 2 : null, refusals24h: 0 },
    hoursSinceMark: isKnown ? 12.5 : null,
    ...{ interruptedWithin15m: false, interruptedWithin1h: isKnown ? true : null, interruptedWithin6h: null },
  };
}

function fileOf(format: 'csv' | 'parquet', rows: readonly TrainingRow[], page: number): Buffer {
  const encoder = encoderFor(format);
  const parts: Uint8Array[] = [];
  for (let start = 0; start < rows.length; start += page) {
    parts.push(encoder.add(rows.slice(start, start + page)));
  }
  return Buffer.concat([...parts, encoder.finish()]);
}

const rows = (count: number): TrainingRow[] => Array.from({ length: count }, (_, index) => row(index));

describe('a training set as CSV', () => {
  it('has a header, one line a row, and nothing where nothing is known', () => {
    const [header, first, second, ...rest] = fileOf('csv', rows(2), 1).toString().split('\n');
    expect(header).toBe(COLUMNS.map(({ name }) => name).join(','));
    const place = 't3.medium.us-east-1a,t3.medium,us-east-1,us-east-1a';
    expect(first).toBe(
      `${place},2026-11-21T12:00:00.000Z,0.0125,,,,,spot-price-history,0.9,1,none,0,1,,0,,12,6,0,,`,
    );
    expect(second).toBe(
      `${place},2026-11-21T12:05:00.000Z,0.012501,0.0416,0.300505,0.333333,0,` +
        'spot-price-history,0.9,1,none,0,1,2,0,12.5,12,6,0,1,',
    );
    expect(rest).toEqual(['']);
  });

  it('is only a header without rows', () => {
    expect(fileOf('csv', [], 1).toString()).toBe(`${COLUMNS.map(({ name }) => name).join(',')}\n`);
  });
});

describe('a training set as Parquet', () => {
  it('reads back as it was written, over several row groups', async () => {
    const many = rows(9_000);
    const file = fileOf('parquet', many, 5_000);
    const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
    const metadata = parquetMetadata(buffer);
    expect(metadata.row_groups.map((group) => Number(group.num_rows))).toEqual([4_000, 4_000, 1_000]);
    expect(metadata.key_value_metadata).toEqual([
      { key: 'spotopt.columns-version', value: String(COLUMNS_VERSION) },
    ]);
    const read = await parquetReadObjects({ file: buffer });
    expect(read).toHaveLength(9_000);
    for (const index of [0, 1, 2, 3_999, 4_000, 8_999]) {
      const wanted = Object.fromEntries(
        COLUMNS.map((column) => {
          const value = column.of(row(index));
          return [column.name, typeof value === 'number' ? Number(value.toFixed(6)) : value];
        }),
      );
      expect(read[index]).toEqual(wanted);
    }
  });

  it('can be read without rows', async () => {
    const file = fileOf('parquet', [], 1);
    const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
    expect(await parquetReadObjects({ file: buffer })).toEqual([]);
    expect(
      parquetMetadata(buffer)
        .schema.map(({ name }) => name)
        .slice(1),
    ).toEqual(COLUMNS.map(({ name }) => name));
  });
});

it.each(['csv', 'parquet'] as const)('the same rows give the same %s, whatever the pages', (format) => {
  const many = rows(12_000);
  expect(fileOf(format, many, 5_000).equals(fileOf(format, many, 777))).toBe(true);
});
