import { describe, expect, it } from '@jest/globals';
import { mulberry32 } from '@spotopt/testkit';
import { type Learned, NOTHING_LEARNED } from '../learner.js';
import { learnSteps, poolIdOfZone, sampleAt, START_S } from './hazard-samples.contract.js';
import { learn, priceExcessOf } from './learn.js';

const A = poolIdOfZone('a');
const B = poolIdOfZone('b');
const beliefOf = (learned: Learned, poolId: string) => {
  const belief = learned.pools.get(poolId);
  if (belief === undefined) throw new Error(`nothing was learned of ${poolId}`);
  return belief;
};

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

describe('what is learned', () => {
  it('of a pool that is up at first: it has been up for six hours', () => {
    const { pools, market } = learnSteps({ a: '1' });
    expect(pools.get(A)).toMatchObject({ up: true, upSince: START_S - 21_600, recentDown: 0, usualUp: 0.7 });
    expect(market).toMatchObject({ at: START_S, losses: 0, hoursUp: 0 });
  });

  it('counts losses and hours up, and lets them fade', () => {
    // Up for eight hours and lost at their end; eight hours later half of it is left.
    const lost = beliefOf(
      learn(learnSteps({ a: '1' }), sampleAt(START_S + 28_800, [{ zone: 'a', up: false }])),
      A,
    );
    expect(lost).toMatchObject({ up: false, recentLosses: 1, recentHours: 8 });
    const later = learn(
      learn(learnSteps({ a: '1' }), sampleAt(START_S + 28_800, [{ zone: 'a', up: false }])),
      sampleAt(START_S + 57_600, [{ zone: 'a', up: true }]),
    );
    expect(beliefOf(later, A)).toMatchObject({
      ...{ up: true, upSince: START_S + 57_600, recentLosses: 0.5, recentHours: 4 },
    });
    expect(beliefOf(later, A).byHour.hours[0]).toBeCloseTo(8 * 2 ** (8 / 168), 4);
    expect(later.market?.losses).toBeCloseTo(2 ** (-8 / 168), 12);
  });

  it('remembers whom a loss took along, and how often it was lost at all', () => {
    const learned = learnSteps({ a: '1010', b: '1011', c: '1111' });
    const { coLosses } = beliefOf(learned, A);
    // Losses at 1 h and 3 h; the first one fades for two hours until the second is counted.
    const kept = 2 ** (-2 / 480);
    expect(coLosses.losses).toBeCloseTo(kept + 1, 12);
    expect(coLosses.together).toEqual({ [B]: Number(kept.toFixed(4)) });
    expect(beliefOf(learned, poolIdOfZone('c')).coLosses).toMatchObject({ losses: 0, together: {} });
  });

  it('nothing while it is not known whether the pool gives machines', () => {
    const learned = learnSteps({ a: '1??', b: '111' });
    expect(beliefOf(learned, A).at).toBe(START_S);
    expect(learnSteps({ a: '???' }).pools.size).toBe(0);
  });

  it('how far a price is above its average of three days, and which losses came with a price', () => {
    let learned = learn(NOTHING_LEARNED, sampleAt(START_S, [{ zone: 'a', up: true, usd: 0.01 }]));
    learned = learn(learned, sampleAt(START_S + 3600, [{ zone: 'a', up: true, usd: 0.02 }]));
    expect(priceExcessOf(beliefOf(learned, A))).toBeCloseTo(Math.log(2), 12);
    expect(beliefOf(learned, A).squaredMoves).toBeCloseTo(Math.log(2) ** 2, 12);
    learned = learn(learned, sampleAt(START_S + 3600 + 72 * 3600, [{ zone: 'a', up: true, usd: 0.02 }]));
    expect(priceExcessOf(beliefOf(learned, A))).toBeCloseTo(Math.log(2) / 2, 12);
    learned = learn(learned, sampleAt(START_S + 80 * 3600, [{ zone: 'a', up: false, usd: 0.05 }]));
    expect(learned.market).toMatchObject({ allLosses: 1, priceLosses: 1 });
  });

  it('is the same whether a quiet time is seen in one step or in two', () => {
    const once = learnSteps({ a: '1011', b: '1111' });
    const quiet = (at: number) =>
      sampleAt(
        at,
        ['a', 'b'].map((zone) => ({ zone, up: true })),
      );
    const end = START_S + 3 * 3600;
    const one = learn(once, quiet(end + 600));
    const two = learn(learn(once, quiet(end + 300)), quiet(end + 600));
    for (const [poolId, belief] of one.pools) {
      const other = beliefOf(two, poolId);
      expect(other.recentHours).toBeCloseTo(belief.recentHours, 2);
      expect(other.usualUp).toBeCloseTo(belief.usualUp, 12);
      expect(other.recentDown).toBeCloseTo(belief.recentDown, 12);
      expect(other.byHour.hours[3]).toBeCloseTo(belief.byHour.hours[3] ?? 0, 3);
    }
    expect(two.market?.hoursUp).toBeCloseTo(one.market?.hoursUp ?? 0, 3);
  });

  it('does not touch what was known, nor take a sample twice', () => {
    const before = learnSteps({ a: '1011', b: '1101' });
    deepFreeze(before.market);
    for (const belief of before.pools.values()) deepFreeze(belief);
    const text = JSON.stringify([...before.pools]);
    const states = ['a', 'b', 'c'].map((zone) => ({ zone, up: zone === 'c' }));
    const after = learn(before, deepFreeze(sampleAt(START_S + 4 * 3600, states)));
    expect(JSON.stringify([...before.pools])).toBe(text);
    expect(after.pools.size).toBe(3);
    expect(learn(after, sampleAt(START_S + 4 * 3600, states))).toBe(after);
  });

  it('stays about a kilobyte a pool, however long and with however many', () => {
    const random = mulberry32(7);
    const zones = [...'abcdefghijklmnopqrstuvwxyz'];
    let learned = NOTHING_LEARNED;
    for (let step = 0; step < 3_000; step += 1) {
      const all = random() < 0.05;
      const states = zones.map((zone) => ({ zone, up: !all && random() < 0.9, usd: 0.01 + random() / 100 }));
      learned = learn(learned, sampleAt(START_S + step * 1_200, states));
    }
    const sizes = [...learned.pools.values()].map((belief) => JSON.stringify(belief).length);
    expect(Math.max(...sizes)).toBeLessThan(1_400);
    expect(Object.keys(beliefOf(learned, A).coLosses.together)).toHaveLength(8);
  });
});
