import { describe, expect, it } from '@jest/globals';
import type { CanonicalRow } from '@spotopt/contracts';
import fc from 'fast-check';
import type { PoolMark } from '../market/ports.js';
import { COLUMNS } from './columns.js';
import { PoolRows, type PoolStory } from './pool-rows.js';
import type { TrainingRow } from './training-row.js';

const A = 't3.medium.us-east-1a';
const NOON = Date.parse('2026-11-21T12:00:00.000Z');
const MINUTE_MS = 60_000;
const at = (minutes: number): string => new Date(NOON + minutes * MINUTE_MS).toISOString();
const mark = (minutes: number, kind: PoolMark['kind'] = 'interruption'): PoolMark => ({
  poolId: A,
  kind,
  at: new Date(NOON + minutes * MINUTE_MS),
});

function bucket(minutes: number, more: Partial<CanonicalRow> = {}): CanonicalRow {
  return {
    ...{ poolId: A, at: at(minutes), usdPerHour: 0.01, onDemandUsdPerHour: 0.04, confidence: 1 },
    ...{ source: 'primary-report', method: null, volatility: null, runningInstances: 2 },
    ...{ noticeStatus: 'none', terminationReason: null, interruptionOccurred: false },
    ...more,
  };
}

function rowsOf(
  buckets: readonly CanonicalRow[],
  marks: readonly PoolMark[],
  more: Partial<PoolStory> = {},
): (TrainingRow | null)[] {
  const story = { poolId: A, marks, watchedSinceMs: 0, asOfMs: NOON + 10 * 1440 * MINUTE_MS, ...more };
  const rows = new PoolRows(story);
  return buckets.map((one) => rows.add(one));
}

describe('rows of a training set', () => {
  it('say what was known at the end of the bucket, and what came after', () => {
    // The bucket of 12:00 ends at 12:05.
    const marks = [mark(4.9), mark(-50), mark(-100, 'launch-failed'), mark(-60 * 30), mark(5), mark(64)];
    expect(rowsOf([bucket(0)], marks)[0]).toEqual({
      ...{ poolId: A, instanceType: 't3.medium', region: 'us-east-1', az: 'us-east-1a' },
      bucketAt: new Date(NOON),
      ...{ usdPerHour: 0.01, onDemandUsdPerHour: 0.04, source: 'primary-report', confidence: 1 },
      ...{ volatility24h: null, rising: false, runningInstances: 2, noticeStatus: 'none' },
      ...{ interruptions1h: 2, interruptions24h: 2, interruptions30d: 3, refusals24h: 1 },
      hoursSinceMark: 0.1 / 60,
      ...{ interruptedWithin15m: true, interruptedWithin1h: true, interruptedWithin6h: true },
    } satisfies Record<keyof TrainingRow, unknown>);
  });

  it.each([
    ['just within 15 min', 19.99, [true, true, true]],
    ['after 15 min', 20, [false, true, true]],
    ['after an hour', 65, [false, false, true]],
    ['after six hours', 365, [false, false, false]],
    ['before', 4.99, [false, false, false]],
  ])('label an interruption %s', (_name, minutes, expected) => {
    const row = rowsOf([bucket(0)], [mark(minutes), mark(minutes, 'launch-failed')])[0];
    expect([row?.interruptedWithin15m, row?.interruptedWithin1h, row?.interruptedWithin6h]).toEqual(expected);
  });

  it('have no label whose time is not over, not even where an interruption came already', () => {
    const row = rowsOf([bucket(0)], [mark(6)], { asOfMs: NOON + 64 * MINUTE_MS })[0];
    expect(row).toMatchObject({ interruptedWithin15m: true, interruptedWithin1h: null });
    expect(rowsOf([bucket(0)], [], { asOfMs: NOON + 65 * MINUTE_MS })[0]?.interruptedWithin1h).toBe(false);
  });

  it('count nothing over a time that nobody watched', () => {
    const watchedSinceMs = NOON - 120 * MINUTE_MS;
    const rows = rowsOf([bucket(-200), bucket(0)], [mark(-100)], { watchedSinceMs });
    expect(rows[0]).toMatchObject({
      interruptions1h: null,
      interruptedWithin15m: null,
      hoursSinceMark: null,
    });
    expect(rows[1]).toMatchObject({
      interruptions1h: 0,
      interruptions24h: null,
      interruptedWithin15m: false,
    });
  });

  it('leave out a price that was computed from its neighbours, also from the features of others', () => {
    const filled = bucket(5, { usdPerHour: 0.09, source: 'interpolated', method: 'linear' });
    const rows = rowsOf([bucket(0), filled, bucket(10)], []);
    expect(rows[1]).toBeNull();
    expect(rows[2]).toMatchObject({ usdPerHour: 0.01, rising: false, volatility24h: 0 });
  });

  it('see prices as an engine sees them', () => {
    const day = Array.from({ length: 600 }, (_, index) =>
      bucket(5 * index, { usdPerHour: index % 7 === 0 ? 0.012 : 0.01 }),
    );
    const row = rowsOf(day, []).at(-1);
    const last = day.slice(-288).map(({ usdPerHour }) => usdPerHour);
    const mean = last.reduce((sum, usd) => sum + usd, 0) / last.length;
    const variance = last.reduce((sum, usd) => sum + (usd - mean) ** 2, 0) / last.length;
    expect(row?.volatility24h).toBeCloseTo(Math.sqrt(variance) / mean, 9);
  });
});

const anyMarks = fc.array(
  fc.record({
    minutes: fc.integer({ min: -3000, max: 3000 }),
    kind: fc.constantFrom('interruption' as const, 'launch-failed' as const),
  }),
  { maxLength: 30 },
);

describe('leakage', () => {
  const featuresOf = (row: TrainingRow | null | undefined): unknown =>
    row && COLUMNS.filter(({ role }) => role === 'feature').map((column) => column.of(row));
  const labelsOf = (row: TrainingRow | null | undefined): unknown =>
    row && COLUMNS.filter(({ role }) => role === 'label').map((column) => column.of(row));

  it('no feature depends on what came after, no label on what came before', () => {
    fc.assert(
      fc.property(
        anyMarks,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 40 }),
        (drawn, usd) => {
          const marks = drawn.map(({ minutes, kind }) => mark(minutes, kind));
          const buckets = usd.map((cents, index) => bucket(5 * (index - 2), { usdPerHour: cents / 100 }));
          const all = rowsOf(buckets, marks)[2];
          const endsAt = NOON + 5 * MINUTE_MS;
          const past = rowsOf(
            buckets.slice(0, 3),
            marks.filter((one) => one.at.getTime() < endsAt),
          )[2];
          const future = rowsOf(
            buckets,
            marks.filter((one) => one.at.getTime() >= endsAt),
          )[2];
          expect(featuresOf(past)).toEqual(featuresOf(all));
          expect(labelsOf(future)).toEqual(labelsOf(all));
        },
      ),
      { seed: 20261121, numRuns: 200 },
    );
  });
});
