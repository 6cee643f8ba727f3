import { describe, expect, it } from '@jest/globals';
import { checkProposal } from '../../decide/check-proposal.js';
import type { Observation, PoolObservation, Proposal } from '../engine.js';
import { currentOf, observationOf, OBSERVED_AT, poolOf } from '../observation-samples.contract.js';
import { HazardEngine, proposeAt } from './hazard.js';
import { poolIdOfZone, randomObservation } from './hazard-samples.contract.js';

const A = poolIdOfZone('a');
const B = poolIdOfZone('b');
const C = poolIdOfZone('c');
const pool = (zone: string, overrides: Partial<PoolObservation> = {}): PoolObservation =>
  poolOf({ poolId: poolIdOfZone(zone), az: `us-east-1${zone}`, ...overrides });
/** A minute of downtime costs as much as 100 minutes on demand: a cold loss $0.208, a promotion $0.0116. */
const economics: Observation['economics'] = {
  ...{ downtimeUsdPerMinute: 0.0416 / 0.6, promoteSeconds: 10, coldLaunchSeconds: 180 },
  ...{ doubleRunSeconds: 180, oldKeptSeconds: 0, transferUsd: 0 },
};

/** What is proposed at these losses per hour. */
function proposed(lossPerHour: Readonly<Record<string, number>>, overrides: Partial<Observation>): Proposal {
  const observation = observationOf({ economics, ...overrides });
  const rates = (poolId: string): number => lossPerHour[poolId] ?? 0.001;
  const proposal = proposeAt(observation, rates, { engine: 'test', engineVersion: '1' });
  expect(checkProposal(proposal, observation)).toEqual([]);
  return proposal;
}
const limitsOf = (minSavingsPercent: number, maxRisk: number): Observation['limits'] => ({
  ...observationOf().limits,
  minSavingsPercent,
  maxRisk,
});
const codesOf = ({ candidates }: Proposal, poolId: string) =>
  candidates.find((one) => one.mode === 'spot' && one.poolId === poolId)?.rejectedBecause;

const onSpot = currentOf({ mode: 'spot', poolId: A, usdPerHour: 0.0125 });
const twoPools = [pool('a'), pool('b')];

describe('where the primary runs', () => {
  it('goes from on demand to a safe pool that saves 70 %, with the limits as they come', () => {
    const proposal = proposed({}, {});
    expect(proposal).toMatchObject({
      ...{ action: 'switch_to_spot', target: { mode: 'spot', poolId: B }, standby: null, estimated: false },
    });
    const [candidate, onDemand] = proposal.candidates;
    expect(candidate?.risk).toBeCloseTo(1 - Math.exp(-0.002), 12);
    expect(candidate?.expectedUsdPerHour).toBe(0.0125);
    expect(candidate?.expectedDowntimeSecondsPerHour).toBeCloseTo(0.18, 12);
    // f + (λ + 1/24)·K, K = a promotion and three minutes of both.
    const move = 0.0416 / 3.6 + 0.0125 / 20;
    expect(candidate?.scoreUsdPerHour).toBeCloseTo(0.0125 + 0.000208 + (0.001 + 1 / 24) * move, 9);
    expect(onDemand?.rejectedBecause).toEqual(['current-pool']);
    expect(proposal.reason).toBe(
      `${B} costs $0.0127 an hour all in, 2 % chance to lose it within a day, against $0.0416 here; ` +
        'the move costs $0.0122 once',
    );
  });

  it('stays on demand while a pool is likely to be lost soon, and says that it is too young', () => {
    const proposal = proposed({ [B]: 0.3 }, {});
    expect(proposal).toMatchObject({ action: 'stay', target: null, expectedSavingsUsdPerHour: 0 });
    expect(codesOf(proposal, B)).toEqual(['too-young', 'risk-too-high']);
    expect(proposal.reason).toContain('it stays at $0.0416 an hour all in: the best other place');
  });

  it('does not move for a price that does not repay the move', () => {
    const cheaper = [pool('a'), pool('b', { usdPerHour: 0.0121 })];
    const free = limitsOf(0, 1);
    expect(proposed({}, { current: onSpot, pools: cheaper, limits: free }).action).toBe('stay');
    const much = [pool('a'), pool('b', { usdPerHour: 0.009 })];
    expect(proposed({}, { current: onSpot, pools: much, limits: free }).target).toEqual({
      mode: 'spot',
      poolId: B,
    });
    // 28 % are not enough for a workload that wants 30.
    const limited = proposed({}, { current: onSpot, pools: much });
    expect(limited.action).toBe('stay');
    expect(codesOf(limited, B)).toEqual(['saving-too-small']);
  });

  it('leaves a pool that became dangerous, whatever it saves', () => {
    const leaves = proposed({ [A]: 0.3 }, { current: onSpot, pools: twoPools });
    expect(leaves.target).toEqual({ mode: 'spot', poolId: B });
    const noOther = proposed({ [A]: 0.3 }, { current: onSpot, pools: [pool('a')] });
    expect(noOther).toMatchObject({ action: 'switch_to_ondemand', target: { mode: 'ondemand', poolId: A } });
    expect(noOther.expectedSaving?.grossUsdPerHour).toBeCloseTo(0.0125 - 0.0416, 12);
  });

  it.each<[string, Partial<PoolObservation>]>([
    ['under notice', { underNotice: true }],
    ['blocked', { blockedUntil: '2026-11-21T13:00:00.000Z' }],
    ['priced out', { available: false }],
  ])('leaves a pool that is %s, and does not enter one', (_state, change) => {
    const leaves = proposed({}, { current: onSpot, pools: [pool('a', change), pool('b')] });
    expect(leaves.target).toEqual({ mode: 'spot', poolId: B });
    const enters = proposed({}, { pools: [pool('b', change)] });
    expect(enters.action).toBe('stay');
    expect(codesOf(enters, B)?.[0]).toMatch(/^pool-/);
  });

  it.each<[string, Partial<PoolObservation>, string]>([
    ['unknown', { usdPerHour: null }, 'price-unknown'],
    ['61 minutes old', { pricesReadUntil: '2026-11-21T10:59:00.000Z' }, 'price-stale'],
    ['never read', { pricesReadUntil: null }, 'price-stale'],
  ])('does not enter a pool whose price is %s', (_state, change, code) => {
    const proposal = proposed({}, { pools: [pool('b', change)] });
    expect(proposal.action).toBe('stay');
    expect(codesOf(proposal, B)).toEqual([code]);
  });

  it('is only recommended where the on-demand price is an estimate', () => {
    const proposal = proposed({}, { current: currentOf({ estimated: true }) });
    expect(proposal).toMatchObject({ action: 'switch_to_spot', estimated: true });
    expect(proposal.confidence).toBeLessThan(0.7);
    const unknown = proposed({}, { current: currentOf({ usdPerHour: null }), onDemand: null });
    expect(unknown.confidence).toBeLessThan(0.7);
    expect(proposed({}, {}).confidence).toBeGreaterThanOrEqual(0.7);
  });

  it.each<[Observation['onDemand'], boolean]>([
    [{ usdPerHour: 0.0416, source: 'price-list' }, false],
    [{ usdPerHour: 0.0416, source: 'catalogue' }, false],
    [{ usdPerHour: 0.0416, source: 'estimated' }, true],
    [{ usdPerHour: 0.0416, source: null }, true],
  ])('goes on demand, and only recommends it where its price is a guess: %j', (onDemand, estimated) => {
    const proposal = proposed({ [A]: 0.3 }, { current: onSpot, pools: [pool('a')], onDemand });
    expect(proposal).toMatchObject({ action: 'switch_to_ondemand', estimated });
    expect(proposal.confidence >= 0.7).toBe(!estimated);
  });

  it('stays where the present price is not known, and touches no standby', () => {
    const standby = { mode: 'spot' as const, poolId: B, usdPerHour: 0.01, ageSeconds: 600, ready: true };
    const unknown = currentOf({ mode: 'unknown', usdPerHour: null });
    const proposal = proposed({}, { current: unknown, standby, standbyAllowed: true });
    expect(proposal).toMatchObject({ action: 'stay', standby: { mode: 'spot', poolId: B } });
    expect(codesOf(proposal, B)).toEqual(['current-price-unknown']);
  });

  it('knows nothing of a pool that is not in its list, but its price', () => {
    const strange = currentOf({ mode: 'spot', poolId: 't3.medium.us-east-1z', usdPerHour: 0.04 });
    expect(proposed({}, { current: strange }).target).toEqual({ mode: 'spot', poolId: B });
  });

  it('without a price of downtime minds the machines only', () => {
    const free = { ...economics, downtimeUsdPerMinute: 0 };
    const unlimited = limitsOf(0, 1);
    const proposal = proposed({ [B]: 3 }, { economics: free, standbyAllowed: true, limits: unlimited });
    expect(proposal).toMatchObject({ action: 'switch_to_spot', standby: null });
  });
});

describe('after a loss', () => {
  const lost = { current: null };

  it('lands on the cheapest pool that is old enough, whatever it saves', () => {
    const dear = [pool('b', { usdPerHour: 0.035 }), pool('c', { usdPerHour: 0.034 })];
    const proposal = proposed({}, { ...lost, pools: dear });
    expect(proposal).toMatchObject({ action: 'switch_to_spot', target: { mode: 'spot', poolId: C } });
    expect(codesOf(proposal, B)).toEqual(['not-cheapest']);
  });

  it('waits on demand for pools that are young', () => {
    const proposal = proposed({ [B]: 2 }, { ...lost, limits: limitsOf(0, 1) });
    expect(proposal).toMatchObject({ action: 'switch_to_ondemand', expectedSaving: null });
    expect(codesOf(proposal, B)).toEqual(['too-young']);
    expect(proposal.reason).toContain('have not been up long enough');
  });

  it('takes what there is where on demand is not known', () => {
    const proposal = proposed({ [B]: 9 }, { ...lost, onDemand: null });
    expect(proposal.target).toEqual({ mode: 'spot', poolId: B });
    expect(proposed({}, { ...lost, onDemand: null, pools: [] })).toMatchObject({
      action: 'stay',
      target: null,
    });
  });
});

describe('the standby', () => {
  const frail = { [A]: 0.12 };
  const running = { current: onSpot, pools: [pool('a'), pool('b', { usdPerHour: 0.0126 })], onDemand: null };
  const limits = limitsOf(30, 0);
  const standby = { mode: 'spot' as const, poolId: B, usdPerHour: 0.0126, ageSeconds: 600, ready: true };

  it('is wanted where a loss is likely and its machine cheap', () => {
    // 0.12·(0.208 − 0.041) saved against 0.0126.
    const proposal = proposed(frail, { ...running, limits, standbyAllowed: true });
    expect(proposal).toMatchObject({
      action: 'create_replica',
      target: null,
      standby: { mode: 'spot', poolId: B },
    });
    expect(proposal.reason).toContain(`a standby in ${B} pays`);
    const there = proposed(frail, { ...running, limits, standbyAllowed: true, standby });
    expect(there).toMatchObject({ action: 'stay', standby: { poolId: B } });
  });

  it('of somebody else is counted on, neither given up nor paid for', () => {
    const onDemand = { ...observationOf().onDemand, usdPerHour: 0.0416 } as Observation['onDemand'];
    const others = { ...running, onDemand, limits: limitsOf(30, 0.9), standbyAllowed: false };
    // A cold loss would cost 0.3·0.208 an hour more, so that on demand were cheaper.
    expect(proposed({ [A]: 0.3, [B]: 0.3 }, others).action).toBe('switch_to_ondemand');
    const there = proposed({ [A]: 0.3, [B]: 0.3 }, { ...others, standby });
    expect(there).toMatchObject({ action: 'stay', standby: { poolId: B } });
    expect(proposed({}, { ...others, standby })).toMatchObject({ action: 'stay', standby: { poolId: B } });
  });

  it('is given up where the pool is safe, or its own one is in danger', () => {
    const safe = proposed({}, { ...running, limits, standbyAllowed: true, standby });
    expect(safe).toMatchObject({ action: 'stay', standby: null });
    const pools = [pool('a'), pool('b', { underNotice: true })];
    expect(proposed(frail, { ...running, pools, limits, standbyAllowed: true, standby }).standby).toBeNull();
  });

  it('stays while nobody has read its price lately', () => {
    const stale = { pricesReadUntil: '2026-11-21T08:00:00.000Z' };
    const pools = [pool('a', stale), pool('b', stale)];
    const proposal = proposed(frail, { ...running, pools, limits, standbyAllowed: true, standby });
    expect(proposal).toMatchObject({ action: 'stay', standby: { poolId: B } });
  });

  it('is none of the engine’s business where it may have none', () => {
    expect(proposed(frail, { ...running, limits }).standby).toBeNull();
    expect(proposed({}, { ...running, limits, standby }).standby).toEqual({ mode: 'spot', poolId: B });
  });
});

describe('any observation at all', () => {
  const seeds = Array.from({ length: 400 }, (_, seed) => seed);
  const engine = new HazardEngine();

  it('gives a sane proposal whose target nothing speaks against', () => {
    const actions = new Set<string>();
    for (const seed of seeds) {
      const observation = randomObservation(seed);
      const proposal = engine.propose(observation);
      expect(checkProposal(proposal, observation)).toEqual([]);
      actions.add(proposal.action);
      const { target, candidates } = proposal;
      const passing = candidates.filter(({ rejectedBecause }) => rejectedBecause.length === 0);
      expect(passing.map(({ mode, poolId }) => ({ mode, poolId }))).toEqual(target === null ? [] : [target]);
      for (const { risk } of candidates) expect(risk >= 0 && risk <= 1).toBe(true);
    }
    expect([...actions].sort()).toEqual(['create_replica', 'stay', 'switch_to_ondemand', 'switch_to_spot']);
  });

  it('gives the same bytes again, also from stored JSON whose keys are in another order', () => {
    for (const seed of seeds.slice(0, 100)) {
      const observation = randomObservation(seed);
      const before = JSON.stringify(engine.propose(observation));
      const stored = JSON.stringify(observation, (_key, value: unknown) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).reverse())
          : value,
      );
      expect(JSON.stringify(new HazardEngine().propose(JSON.parse(stored) as Observation))).toBe(before);
    }
  });

  it('asks no clock: it lives at the time of the observation', () => {
    expect(engine.propose(observationOf({ at: OBSERVED_AT }))).toEqual(engine.propose(observationOf()));
  });
});
