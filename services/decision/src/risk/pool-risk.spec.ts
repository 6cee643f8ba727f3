import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  confidenceOf,
  graverOf,
  isWorthRecording,
  isWorthTelling,
  labelOf,
  type PoolFacts,
  type PoolRisk,
  scoreOf,
  watchedSinceOf,
} from './pool-risk.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);

function factsOf(
  features: Partial<PoolFacts['features']> = {},
  more: Partial<Omit<PoolFacts, 'features'>> = {},
): PoolFacts {
  return {
    poolId: 't3.medium.us-east-1a',
    region: 'us-east-1',
    az: 'us-east-1a',
    instanceType: 't3.medium',
    features: { interruptions30d: 3, volatility24h: 0.2, quietHours: 3, rising: true, ...features },
    priceHours: 720,
    pricesAsOf: NOW,
    firstMarkAt: null,
    ...more,
  };
}

const context = { now: NOW, watchedSince: hoursAgo(720), lossPerHour: null };
const UNKNOWN = { interruptions30d: 0, volatility24h: null, quietHours: null, rising: null };

function riskOf(score: number, more: Partial<PoolRisk> = {}): PoolRisk {
  const scored = scoreOf(factsOf(), context);
  const { poolId, region, az, instanceType } = factsOf();
  return {
    ...{ poolId, region, az, instanceType, ...scored, score, label: labelOf(score), cause: 'schedule' },
    ...{ scoredAt: NOW, watchedSince: NOW, recordedAt: NOW, told: null, version: 1 },
    ...more,
  };
}

describe('the risk of a pool', () => {
  it('is the published formula, with its parts', () => {
    // 0.40·3/30 + 0.30·0.2 + 0.20·1/4 + 0.10·1
    expect(scoreOf(factsOf(), context)).toEqual({
      score: 0.25,
      label: 'safe',
      parts: { interruptions: 0.1, volatility: 0.2, age: 0.25, trend: 1 },
      confidence: 1,
      lossPerHour: null,
    });
  });

  it('counts half for each part about which nothing is known, and says that it knows nothing', () => {
    const watchedSince = NOW;
    expect(scoreOf(factsOf(UNKNOWN), { ...context, watchedSince, lossPerHour: 0.01 })).toMatchObject({
      score: 0.3,
      parts: { interruptions: 0, volatility: 0.5, age: 0.5, trend: 0.5 },
      confidence: 0,
      lossPerHour: 0.01,
    });
  });

  it.each([
    [0, 'safe'],
    [0.3999, 'safe'],
    [0.4, 'caution'],
    [0.6999, 'caution'],
    [0.7, 'avoid'],
    [1, 'avoid'],
  ])('at %d is %s', (score, label) => {
    expect(labelOf(score)).toBe(label);
  });

  it('stays between 0 and 1, whatever is known', () => {
    const features = fc.record({
      interruptions30d: fc.nat(500),
      volatility24h: fc.option(fc.double({ min: 0, max: 50, noNaN: true })),
      quietHours: fc.option(fc.double({ min: 0, max: 10_000, noNaN: true })),
      rising: fc.option(fc.boolean()),
    });
    fc.assert(
      fc.property(features, fc.nat(2_000), fc.nat(2_000), (seen, watchedHours, staleHours) => {
        const facts = factsOf(seen, { pricesAsOf: hoursAgo(staleHours) });
        const found = scoreOf(facts, { ...context, watchedSince: hoursAgo(watchedHours) });
        for (const share of [found.score, found.confidence, ...Object.values(found.parts)]) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
      }),
      { seed: 20261121 },
    );
  });
});

describe('confidence', () => {
  it.each([
    ['everything known and fresh', factsOf(), 720, 1],
    ['watched for a third of 30 days', factsOf(), 240, 0.4 / 3 + 0.6],
    ['prices of half a day', factsOf({}, { priceHours: 12 }), 720, 0.85],
    ['no volatility', factsOf({ volatility24h: null }), 720, 0.7],
    ['no age', factsOf({ quietHours: null }), 720, 0.8],
    ['no trend', factsOf({ rising: null }), 720, 0.9],
    ['prices of an hour ago', factsOf({}, { pricesAsOf: hoursAgo(1) }), 720, 1],
    ['prices of four hours ago', factsOf({}, { pricesAsOf: hoursAgo(4) }), 720, 0.25],
  ])('with %s', (_name, facts, watchedHours, expected) => {
    expect(confidenceOf(facts, NOW, hoursAgo(watchedHours))).toBeCloseTo(expected, 4);
  });

  it('counts a pool as watched since the first thing that happened there', () => {
    expect(watchedSinceOf(null, factsOf(), NOW)).toEqual(NOW);
    const marked = factsOf({}, { firstMarkAt: hoursAgo(50) });
    expect(watchedSinceOf(riskOf(0.2), marked, NOW)).toEqual(hoursAgo(50));
    expect(watchedSinceOf(riskOf(0.2, { watchedSince: hoursAgo(90) }), marked, NOW)).toEqual(hoursAgo(90));
  });
});

describe('what is told and kept', () => {
  const tells = (from: number | null, to: number): boolean =>
    isWorthTelling(from === null ? null : { score: from, label: labelOf(from) }, {
      ...riskOf(to),
      score: to,
      label: labelOf(to),
    });

  it.each([
    ['the first score', null, 0.3, true],
    ['a move of 0.05', 0.1, 0.15, true],
    ['a smaller move in the band', 0.1, 0.1499, false],
    ['a step over the border', 0.39, 0.41, false],
    ['a step beyond the border', 0.39, 0.42, true],
    ['a step back onto it', 0.42, 0.4, false],
    ['a step back beyond it', 0.42, 0.38, true],
    ['a step to avoid', 0.68, 0.72, true],
    ['a step that stops short of it', 0.68, 0.71, false],
  ])('tells of %s or not', (_name, from, to, expected) => {
    expect(tells(from, to)).toBe(expected);
  });

  it('tells nothing of a score that trembles by less than 0.02 around whatever it is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.02, max: 0.98, noNaN: true }),
        fc.array(fc.double({ min: -0.0099, max: 0.0099, noNaN: true }), { maxLength: 50 }),
        (centre, steps) => {
          let told = { score: centre, label: labelOf(centre) };
          let events = 0;
          for (const step of steps) {
            const score = centre + step;
            if (!isWorthTelling(told, { ...riskOf(score), score, label: labelOf(score) })) continue;
            told = { score, label: labelOf(score) };
            events += 1;
          }
          expect(events).toBe(0);
        },
      ),
      { seed: 20261121, numRuns: 300 },
    );
  });

  it('keeps a whole percent of difference, and one row an hour', () => {
    const before = riskOf(0.2);
    expect(isWorthRecording(before, { ...before, score: 0.2049 }, NOW)).toBe(false);
    expect(isWorthRecording(before, { ...before, score: 0.206 }, NOW)).toBe(true);
    expect(isWorthRecording(before, { ...before, parts: { ...before.parts, age: 0.3 } }, NOW)).toBe(true);
    expect(isWorthRecording({ ...before, recordedAt: hoursAgo(1) }, before, NOW)).toBe(true);
    expect(isWorthRecording({ ...before, recordedAt: hoursAgo(0.99) }, before, NOW)).toBe(false);
  });

  it('names the gravest cause', () => {
    expect(graverOf('price-changed', 'interruption')).toBe('interruption');
    expect(graverOf('notice', 'price-changed')).toBe('notice');
    expect(graverOf('schedule', 'schedule')).toBe('schedule');
  });
});
