import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { priceFeaturesOf } from './price-features.js';

const NOW_MS = Date.parse('2026-11-21T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const STEP_MS = 300_000;

describe('price features', () => {
  it('knows nothing without a price', () => {
    expect(priceFeaturesOf([], NOW_MS)).toEqual({ volatility24h: null, rising: null });
    expect(priceFeaturesOf([{ atMs: NOW_MS + 1, usdPerHour: 1 }], NOW_MS).rising).toBeNull();
  });

  it('holds a price until the next one', () => {
    const steady = [{ atMs: NOW_MS - 90 * 24 * HOUR_MS, usdPerHour: 0.01 }];
    const features = priceFeaturesOf(steady, NOW_MS);
    expect(features.rising).toBe(false);
    expect(features.volatility24h).toBeCloseTo(0, 12);
  });

  it('is rising above the price of 6 h ago, or above the oldest one', () => {
    const rose = (hoursAgo: number) =>
      priceFeaturesOf(
        [
          { atMs: NOW_MS - 48 * HOUR_MS, usdPerHour: 0.01 },
          { atMs: NOW_MS - hoursAgo * HOUR_MS, usdPerHour: 0.011 },
        ],
        NOW_MS,
      ).rising;
    expect(rose(5.9)).toBe(true);
    expect(rose(6.1)).toBe(false);
    const young = [
      { atMs: NOW_MS - 2 * HOUR_MS, usdPerHour: 0.01 },
      { atMs: NOW_MS - HOUR_MS, usdPerHour: 0.011 },
    ];
    expect(priceFeaturesOf(young, NOW_MS).rising).toBe(true);
  });

  it('is half of a half: a price that doubled half a day ago has a volatility of a third', () => {
    const doubled = [
      { atMs: NOW_MS - 48 * HOUR_MS, usdPerHour: 0.01 },
      { atMs: NOW_MS - 12 * HOUR_MS + STEP_MS, usdPerHour: 0.02 },
    ];
    expect(priceFeaturesOf(doubled, NOW_MS).volatility24h).toBeCloseTo(1 / 3, 12);
  });

  it('equals the plain reading of the rule on any series', () => {
    const series = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 40 * 60 }), fc.integer({ min: 1, max: 1000 })), {
        minLength: 1,
        maxLength: 30,
      })
      .map((rows) =>
        rows
          .map(([minutesAgo, price]) => ({ atMs: NOW_MS - minutesAgo * 60_000, usdPerHour: price / 1e4 }))
          .sort((a, b) => a.atMs - b.atMs),
      );
    fc.assert(
      fc.property(series, (points) => {
        const at = (timeMs: number) => points.findLast((point) => point.atMs <= timeMs)?.usdPerHour;
        const samples = Array.from({ length: 288 }, (_, step) => at(NOW_MS - step * STEP_MS)).filter(
          (sample) => sample !== undefined,
        );
        const mean = samples.reduce((a, b) => a + b, 0) / samples.length;
        const variance = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / samples.length;
        const features = priceFeaturesOf(points, NOW_MS);
        if (samples.length < 2) expect(features.volatility24h).toBeNull();
        else expect(features.volatility24h).toBeCloseTo(Math.sqrt(variance) / mean, 12);
      }),
      { seed: 20261121, numRuns: 300 },
    );
  });
});
