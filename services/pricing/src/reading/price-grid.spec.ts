import { describe, expect, it } from '@jest/globals';
import { BUCKET_MS, type SeriesBucket } from '../series/ports.js';
import { changesIn, cursorOf, placeOf } from './price-changes.js';
import { gridOver, pointsOf } from './price-grid.js';
import { statisticsOf } from './price-statistics.js';

const T0 = Date.parse('2026-11-21T00:00:00.000Z');
const POOL = 't3.medium.us-east-1a';

function bucket(index: number, usdPerHour: number, filled = false): SeriesBucket {
  const edge = { at: new Date(T0), usdPerHour };
  return {
    poolId: POOL,
    bucketAt: new Date(T0 + index * BUCKET_MS),
    usdPerHour,
    source: filled ? 'interpolated' : 'primary-report',
    confidence: filled ? 0.85 : 1,
    fill: filled ? { method: 'linear', gapBuckets: 1, before: edge, after: edge, peers: [] } : null,
    other: null,
  };
}

const at = (index: number): string => new Date(T0 + index * BUCKET_MS).toISOString();

describe('a chart', () => {
  it('has a point for every step and tells measured, filled and empty stretches apart', () => {
    const grid = gridOver(new Date(T0), new Date(T0 + 4 * BUCKET_MS), BUCKET_MS);
    const points = pointsOf([bucket(0, 0.01), bucket(1, 0.02, true), bucket(3, 0.03)], grid);
    expect(
      points.map(({ at: time, usdPerHour, state, method }) => [time, usdPerHour, state, method]),
    ).toEqual([
      [at(0), 0.01, 'measured', null],
      [at(1), 0.02, 'filled', 'linear'],
      [at(2), null, 'empty', null],
      [at(3), 0.03, 'measured', null],
    ]);
  });

  it('gives the mean over the priced time of a longer step, with its bounds and its lowest confidence', () => {
    const grid = gridOver(new Date(T0 + 1), new Date(T0 + 12 * BUCKET_MS), 6 * BUCKET_MS);
    const points = pointsOf(
      [bucket(0, 0.01), bucket(1, 0.04, true), bucket(2, 0.01), bucket(11, 0.05)],
      grid,
    );
    expect(points).toEqual([
      {
        at: at(0),
        usdPerHour: 0.02,
        minUsdPerHour: 0.01,
        maxUsdPerHour: 0.04,
        state: 'filled',
        source: 'interpolated',
        method: 'linear',
        confidence: 0.85,
      },
      expect.objectContaining({ at: at(6), usdPerHour: 0.05, state: 'measured', confidence: 1 }),
    ]);
  });
});

describe('statistics', () => {
  const window = { fromMs: T0, untilMs: T0 + 10 * BUCKET_MS };

  it('count what is measured, filled and empty', () => {
    const statistics = statisticsOf(POOL, [bucket(0, 0.02), bucket(1, 0.03, true), bucket(2, 0.04)], window);
    expect(statistics).toMatchObject({
      averageUsdPerHour: 0.03,
      minUsdPerHour: 0.02,
      maxUsdPerHour: 0.04,
      trend: 'rising',
      volatilityCategory: 'high',
      measuredBuckets: 2,
      filledBuckets: 1,
      emptyBuckets: 7,
      flaggedBuckets: 0,
    });
    // Population deviation of 2, 3, 4 over their mean: sqrt(2/3) / 3.
    expect(statistics.volatility).toBeCloseTo(0.2722, 4);
  });

  it('know nothing of a pool without prices', () => {
    expect(statisticsOf(POOL, [], window)).toMatchObject({
      averageUsdPerHour: null,
      volatility: null,
      volatilityCategory: 'unknown',
      trend: 'unknown',
      emptyBuckets: 10,
    });
  });

  it.each([
    [[0.1, 0.1, 0.1], 'stable', 'very_low'],
    [[0.1, 0.101, 0.1], 'stable', 'very_low'],
    [[0.12, 0.11, 0.1], 'falling', 'low'],
    [[0.1, 0.12, 0.14], 'rising', 'medium'],
  ] as const)('of %j: %s, %s', (prices, trend, volatilityCategory) => {
    const buckets = prices.map((price, index) => bucket(index, price));
    expect(statisticsOf(POOL, buckets, window)).toMatchObject({ trend, volatilityCategory });
  });
});

describe('an export', () => {
  it('has the changes and the first price after a stretch without any', () => {
    const buckets = [bucket(0, 0.01), bucket(1, 0.01), bucket(2, 0.02), bucket(5, 0.02), bucket(6, 0.02)];
    const times = (before: SeriesBucket | null): number[] =>
      changesIn(buckets, before).map(({ bucketAt }) => (bucketAt.getTime() - T0) / BUCKET_MS);
    expect(times(null)).toEqual([0, 2, 5]);
    expect(times(bucket(-1, 0.01))).toEqual([2, 5]);
    expect(times(bucket(-2, 0.01))).toEqual([0, 2, 5]);
  });

  it('has a measured price although the fill before it was the same', () => {
    const buckets = [bucket(0, 0.01), bucket(1, 0.011, true), bucket(2, 0.011), bucket(3, 0.011)];
    expect(changesIn(buckets, null).map(({ fill }) => fill?.method ?? null)).toEqual([null, 'linear', null]);
  });

  it('goes on where a page ended, and nowhere else', () => {
    const place = { poolId: POOL, at: new Date(T0) };
    expect(placeOf(cursorOf(place))).toEqual(place);
    expect(placeOf(null)).toBeNull();
    expect(() => placeOf('nonsense')).toThrow('the cursor is not one');
  });
});
