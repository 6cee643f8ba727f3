import { describe, expect, it } from '@jest/globals';
import { Tx } from '@spotopt/kernel';
import { learner } from '../engine/ports.js';
import { lossRates } from '../engine/hazard/loss-rate.js';
import type { PoolFacts } from '../risk/ports.js';
import { LearnedLossRates } from './learned-loss-rates.js';

const START_S = Date.parse('2026-11-21T00:00:00Z') / 1000;
const STEP_S = 300;
const MARKET = { region: 'us-east-1', instanceType: 't3.medium' };
const POOLS = ['a', 'b', 'c'].map((zone) => ({
  poolId: `t3.medium.us-east-1${zone}`,
  az: `us-east-1${zone}`,
  instanceType: 't3.medium',
  usdPerHour: 0.02,
  onDemandUsdPerHour: 0.04,
  advisorBucket: null,
  placementScore: null,
}));

class NoTransaction extends Tx {
  override readonly mode = 'read';
}

function factsOf({ poolId, az }: (typeof POOLS)[number]): PoolFacts {
  return {
    ...{ ...MARKET, poolId, az, priceHours: 24, pricesAsOf: new Date(START_S * 1000), firstMarkAt: null },
    features: { interruptions30d: 0, volatility24h: null, quietHours: null, rising: null },
  };
}

/** A day in which every pool is lost again and again, as long as it is up at all. */
function storm() {
  let learned: Parameters<typeof learner.learn>[0] = { market: null, pools: new Map() };
  for (let step = 0; step < 288; step += 1) {
    const pools = POOLS.map((pool, index) => ({ ...pool, available: (step + 2 * index) % 6 < 4 }));
    learned = learner.learn(learned, { at: START_S + step * STEP_S, pools });
  }
  return learned;
}

describe('chances of loss that were learned', () => {
  it('are chances, also where losses come more often than once an hour', async () => {
    const learned = storm();
    const now = new Date((START_S + 288 * STEP_S) * 1000);
    const known = POOLS.map((pool) => ({ ...pool, belief: learned.pools.get(pool.poolId) ?? null }));
    const seen = known.map((pool) => ({ ...pool, available: null }));
    const rate = lossRates({ at: now.toISOString(), market: learned.market, pools: seen });
    const rates = POOLS.map(({ poolId }) => rate(poolId));
    expect(Math.max(...rates.slice(1))).toBeGreaterThan(1);
    const chances = await new LearnedLossRates(
      { listPools: () => Promise.resolve(POOLS as never) },
      {
        find: () => Promise.resolve({ ...MARKET, learned, learnedUntil: now, learner: 'hazard', version: 1 }),
      },
    ).read(new NoTransaction(), POOLS.map(factsOf), now);
    // The first one is away at the end.
    expect([...chances.keys()]).toEqual(POOLS.slice(1).map(({ poolId }) => poolId));
    for (const [index, { poolId }] of POOLS.entries()) {
      if (index === 0) continue;
      expect(chances.get(poolId)).toBeCloseTo(1 - Math.exp(-(rates[index] ?? 0)), 12);
      expect(chances.get(poolId)).toBeLessThanOrEqual(1);
    }
  });
});
