import { describe, expect, it } from '@jest/globals';
import { currentOf, observationOf, poolOf } from '../engine/observation-samples.contract.js';
import { featureMatrix, FEATURES } from './features.js';

const at = '2026-11-21T18:30:00.000Z';

describe('features of a pool', () => {
  it.each([
    ['price_ratio', {}, 0.0125 / 0.0416],
    ['price_ratio', { usdPerHour: null }, 1],
    ['price_age', {}, 395],
    ['rising', { rising: true }, 1],
    ['rising', { rising: null }, 0.5],
    ['interruptions_30d', { interruptions30d: 4 }, 4],
    ['quiet_hours', { quietHours: null }, 0],
    ['available', { available: false }, 0],
    ['blocked', { blockedUntil: '2026-11-21T18:31:00.000Z' }, 1],
    ['blocked', { blockedUntil: '2026-11-21T18:29:00.000Z' }, 0],
    ['is_current', {}, 1],
    ['current_age', {}, 2],
    ['current_age', { poolId: 'other' }, 0],
    ['hour_of_day', {}, 18.5],
    ['day_of_week', {}, 6],
  ] as const)('%s of %j is %d', (name, facts, expected) => {
    const current = currentOf({ mode: 'spot', poolId: 't3.medium.us-east-1b' });
    const [value] = featureMatrix(observationOf({ at, current, pools: [poolOf(facts)] }), [{ name }]);
    expect(value).toBeCloseTo(expected, 5);
  });

  it('take the place of the unknown from the manifest', () => {
    const observation = observationOf({ pools: [poolOf({ quietHours: null })] });
    expect([
      ...featureMatrix(observation, [{ name: 'quiet_hours', unknown: -1 }, { name: 'rising' }]),
    ]).toEqual([-1, 0]);
  });

  it('are numbers for every pool of which nothing is known', () => {
    const blank = poolOf({
      usdPerHour: null,
      onDemandUsdPerHour: null,
      pricesReadUntil: null,
      available: null,
    });
    const all = Object.keys(FEATURES).map((name) => ({ name }));
    const matrix = featureMatrix(observationOf({ pools: [blank], current: null }), all);
    expect([...matrix].every(Number.isFinite)).toBe(true);
  });
});
