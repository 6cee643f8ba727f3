import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_INSTANCE_TYPES, generatedPriceBook } from './generated-prices.js';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const DAY_MS = 86_400_000;

test('every pool has prices that move in small steps and stay below on-demand', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 200 }), (seed, days) => {
      const book = generatedPriceBook({ startMs: START_MS, seed });
      expect(book.pools).toHaveLength(DEFAULT_INSTANCE_TYPES.length * 3);
      for (const series of book.series) {
        series.extendTo?.(START_MS + days * DAY_MS);
        const onDemandUsd = book.onDemand(series.instanceType)?.usdPerHour ?? 0;
        const wrong = series.changes.filter((change, index) => {
          const previous = series.changes[index - 1];
          const isInBounds = change.usdPerHour > 0 && change.usdPerHour < onDemandUsd;
          if (previous === undefined) return !isInBounds;
          const step = Math.abs(change.usdPerHour / previous.usdPerHour - 1);
          return !isInBounds || change.atMs <= previous.atMs || step > 0.2;
        });
        expect(wrong).toEqual([]);
      }
    }),
    { numRuns: 15, seed: 5 },
  );
});

test('the same seed gives the same prices, however they are asked for', () => {
  const inOneGo = generatedPriceBook({ startMs: START_MS, seed: 9 });
  const stepByStep = generatedPriceBook({ startMs: START_MS, seed: 9 });
  const pool = 't3.medium.us-east-1b';
  for (let day = 1; day <= 30; day += 1) stepByStep.priceAt(pool, START_MS + day * DAY_MS);
  const atMs = START_MS + 30 * DAY_MS;
  expect(inOneGo.priceAt(pool, atMs)).toEqual(stepByStep.priceAt(pool, atMs));
  const other = generatedPriceBook({ startMs: START_MS, seed: 10 });
  expect(other.priceAt(pool, atMs)).not.toEqual(inOneGo.priceAt(pool, atMs));
});

test('a pool changes a few times a day', () => {
  const book = generatedPriceBook({ startMs: START_MS, seed: 1 });
  const rows = book.history(book.series, START_MS, START_MS + 10 * DAY_MS);
  const perPoolAndDay = rows.length / book.series.length / 10;
  expect(perPoolAndDay).toBeGreaterThan(2);
  expect(perPoolAndDay).toBeLessThan(12);
});
