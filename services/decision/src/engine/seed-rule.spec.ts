import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Observation } from './engine.js';
import {
  currentOf,
  OBSERVED_AT as AT,
  observationOf as observation,
  poolOf as pool,
} from './observation-samples.contract.js';
import { riskOf, riskPartsOf, SeedRuleEngine } from './seed-rule.js';

const engine = new SeedRuleEngine();

describe('risk of the seed rule', () => {
  it.each([
    ['nothing against the pool', { quietHours: 3 }, 0.1],
    ['interrupted this very hour', { interruptions30d: 1, quietHours: 0 }, 0.4 / 30 + 0.2 + 0.05],
    ['six interruptions, a day ago', { interruptions30d: 6, quietHours: 24 }, 0.08 + 0.2 / 25 + 0.05],
    ['volatile and rising', { volatility24h: 0.45, rising: true, quietHours: 3 }, 0.135 + 0.05 + 0.1],
    ['more than one interruption a day', { interruptions30d: 45, quietHours: 1 }, 0.4 + 0.1 + 0.05],
    ['volatility beyond 1', { volatility24h: 3, quietHours: 1 }, 0.3 + 0.1 + 0.05],
    ['nothing known', { volatility24h: null, rising: null, quietHours: null }, 0.15 + 0.1 + 0.05],
    ['the worst there is', { interruptions30d: 30, volatility24h: 1, quietHours: 0, rising: true }, 1],
  ] as const)('%s', (_name, facts, expected) => {
    expect(riskOf(riskPartsOf(pool(facts)))).toBeCloseTo(expected, 12);
  });
});

describe('seed rule', () => {
  it('moves to the cheapest pool that passes and says what it saves', () => {
    const pools = [
      pool({ poolId: 't3.medium.us-east-1a', usdPerHour: 0.02 }),
      pool({ poolId: 't3.medium.us-east-1b', usdPerHour: 0.0125 }),
      pool({ poolId: 't3.medium.us-east-1c', usdPerHour: 0.011, volatility24h: 0.9 }),
    ];
    const proposal = engine.propose(observation({ pools }));
    expect(proposal).toMatchObject({
      action: 'switch_to_spot',
      target: { mode: 'spot', poolId: 't3.medium.us-east-1b' },
      estimated: false,
    });
    expect(proposal.expectedSavingsUsdPerHour).toBeCloseTo(0.0291, 10);
    expect(proposal.candidates.map(({ poolId, rejectedBecause }) => [poolId, rejectedBecause])).toEqual([
      ['t3.medium.us-east-1a', []],
      ['t3.medium.us-east-1b', []],
      ['t3.medium.us-east-1c', ['risk-too-high']],
      ['t3.medium.us-east-1a', ['current-pool', 'saving-too-small']],
    ]);
    expect(proposal.reason).toBe('t3.medium.us-east-1b costs 70.0 % less than now at risk 0.05');
  });

  it('gives equal prices to the smaller pool id', () => {
    const pools = ['c', 'a', 'b'].map((zone) => pool({ poolId: `t3.medium.us-east-1${zone}` }));
    expect(engine.propose(observation({ pools })).target?.poolId).toBe('t3.medium.us-east-1a');
  });

  it('takes an old change for fresh when it was read lately, and stale prices never', () => {
    const read = (pricesReadUntil: string | null) =>
      engine.propose(observation({ pools: [pool({ pricesReadUntil })] })).candidates[0]?.rejectedBecause;
    expect(read('2026-11-21T11:00:00.000Z')).toEqual([]);
    expect(read('2026-11-21T10:59:59.999Z')).toEqual(['price-stale']);
    expect(read(null)).toEqual(['price-stale']);
  });

  it.each([
    ['a pool without a price', { usdPerHour: null }, ['price-unknown']],
    ['a blocked pool', { blockedUntil: '2026-11-21T12:00:00.001Z' }, ['pool-blocked']],
    ['a pool whose hold is over', { blockedUntil: AT }, []],
    ['a saving of less than the limit', { usdPerHour: 0.03 }, ['saving-too-small']],
    [
      'risk at the limit',
      { interruptions30d: 0, volatility24h: 0, quietHours: 0, rising: true },
      ['risk-too-high'],
    ],
  ] as const)('rejects %s for its reason', (_name, facts, expected) => {
    const { candidates } = engine.propose(observation({ pools: [pool(facts)] }));
    expect(candidates[0]?.rejectedBecause).toEqual(expected);
  });

  it('never judges a saving by a present price that it does not know', () => {
    const current = currentOf({ mode: 'unknown' as const, usdPerHour: null });
    const proposal = engine.propose(observation({ current }));
    expect(proposal.action).toBe('stay');
    expect(proposal.candidates.every((c) => c.rejectedBecause.includes('current-price-unknown'))).toBe(true);
  });

  it('leaves a spot pool that became dear for on-demand, but not for an estimated price', () => {
    const current = currentOf({ mode: 'spot' as const, usdPerHour: 0.08 });
    const dear = { current, pools: [pool({ poolId: 't3.medium.us-east-1a', usdPerHour: 0.08 })] };
    expect(engine.propose(observation(dear))).toMatchObject({
      action: 'switch_to_ondemand',
      target: { mode: 'ondemand', poolId: 't3.medium.us-east-1a' },
    });
    const onDemand = { usdPerHour: 0.0416, source: 'estimated' as const };
    expect(engine.propose(observation({ ...dear, onDemand }))).toMatchObject({ action: 'stay' });
  });

  it('marks a saving that rests on an estimate', () => {
    const current = currentOf({ estimated: true });
    const proposal = engine.propose(observation({ current }));
    expect(proposal).toMatchObject({ action: 'switch_to_spot', estimated: true });
    expect(proposal.reason).toContain('estimated on-demand price');
  });
});

const price = fc.integer({ min: 1, max: 100_000 }).map((n) => n / 1e6);
const anyPool = fc.record({
  zone: fc.constantFrom('a', 'b', 'c', 'd'),
  usdPerHour: fc.option(price),
  interruptions30d: fc.integer({ min: 0, max: 60 }),
  volatility24h: fc.option(fc.double({ min: 0, max: 2, noNaN: true })),
  rising: fc.option(fc.boolean()),
  quietHours: fc.option(fc.double({ min: 0, max: 1000, noNaN: true })),
  blockedUntil: fc.option(fc.constantFrom('2026-11-21T11:00:00.000Z', '2026-11-21T13:00:00.000Z')),
  pricesReadUntil: fc.option(fc.constantFrom('2026-11-21T09:00:00.000Z', '2026-11-21T11:30:00.000Z')),
});

const anyObservation = fc
  .record({
    pools: fc.uniqueArray(anyPool, { selector: (one) => one.zone, maxLength: 4 }),
    mode: fc.constantFrom('spot' as const, 'ondemand' as const, 'unknown' as const),
    currentUsd: fc.option(price),
    onDemandUsd: fc.option(price),
    minSavingsPercent: fc.integer({ min: 0, max: 90 }),
    maxRisk: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ pools, mode, currentUsd, onDemandUsd, ...limits }) =>
    observation({
      pools: pools.map(({ zone, ...facts }) =>
        pool({ ...facts, poolId: `t3.medium.us-east-1${zone}`, az: `us-east-1${zone}` }),
      ),
      current: currentOf({ mode, usdPerHour: currentUsd }),
      limits: { ...limits, maxPriceAgeSeconds: 3600 },
      onDemand: onDemandUsd === null ? null : { usdPerHour: onDemandUsd, source: 'catalogue' },
    }),
  );

describe('seed rule, whatever it sees', () => {
  it('proposes nothing that breaks its own limits', () => {
    fc.assert(
      fc.property(anyObservation, (seen) => {
        const { action, target, candidates, expectedSavingsUsdPerHour } = engine.propose(seen);
        if (target === null) {
          expect(action).toBe('stay');
          expect(expectedSavingsUsdPerHour).toBe(0);
          return;
        }
        const chosen = candidates.find((c) => c.mode === target.mode && c.poolId === target.poolId);
        if (chosen === undefined) throw new Error('the target is not among the candidates');
        const chosenUsd = Number(chosen.usdPerHour);
        expect(chosen.rejectedBecause).toEqual([]);
        expect(chosen.risk).toBeLessThan(seen.limits.maxRisk);
        expect(chosen.savingsPercent).toBeGreaterThan(seen.limits.minSavingsPercent - 1e-9);
        expect(expectedSavingsUsdPerHour).toBeCloseTo(Number(seen.current?.usdPerHour) - chosenUsd, 12);
        expect(target.mode === seen.current?.mode && target.poolId === seen.current.poolId).toBe(false);
        for (const other of candidates.filter((c) => c.rejectedBecause.length === 0)) {
          expect(other.usdPerHour).toBeGreaterThanOrEqual(chosenUsd);
        }
      }),
      { seed: 20261121, numRuns: 500 },
    );
  });

  it('answers the same to the same observation, also after it was stored', () => {
    fc.assert(
      fc.property(anyObservation, (seen) => {
        const stored = JSON.parse(JSON.stringify(seen)) as Observation;
        expect(new SeedRuleEngine().propose(stored)).toEqual(engine.propose(seen));
      }),
      { seed: 20261121, numRuns: 200 },
    );
  });
});
