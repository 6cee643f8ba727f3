import { describe, expect, it } from '@jest/globals';
import { currentOf, observationOf, poolOf } from '../engine/observation-samples.contract.js';
import type { Observation, Proposal } from '../engine/ports.js';
import { SeedRuleEngine } from '../engine/seed-rule.js';
import { BuiltinRunner } from '../runtime/builtin-runner.js';
import type { EngineRunner } from '../runtime/ports.js';
import { askEngines } from './ask-engines.js';
import { checkProposal } from './check-proposal.js';

const HERE = 't3.medium.us-east-1a';
const THERE = 't3.medium.us-east-1b';
const seen = observationOf({
  pools: [poolOf({ poolId: HERE, az: 'us-east-1a' }), poolOf({ poolId: THERE })],
});
const good = new SeedRuleEngine().propose(observationOf());
const spot = (poolId: string) => ({ mode: 'spot' as const, poolId });

describe('what nobody may propose', () => {
  it('finds nothing wrong with what the seed rule says', () => {
    expect(good.action).toBe('switch_to_spot');
    expect(checkProposal(good, observationOf())).toEqual([]);
  });

  it.each<[string, Partial<Proposal>, Partial<Observation>, string]>([
    ['a confidence of 2', { confidence: 2 }, {}, 'confidence'],
    ['a confidence that is no number', { confidence: Number.NaN }, {}, 'confidence'],
    ['an endless saving', { expectedSavingsUsdPerHour: Number.POSITIVE_INFINITY }, {}, 'saving'],
    ['a saving of a trillion', { expectedSavingsUsdPerHour: 1e12 }, {}, 'proportion'],
    ['a move without a target', { target: null }, {}, 'names no target'],
    ['a stay with a target', { action: 'stay' }, {}, 'stays, yet'],
    ['a target of another mode', { action: 'switch_to_ondemand' }, {}, 'its target is spot'],
    ['a pool that nobody knows', { target: spot('t3.medium.mars-1a') }, {}, 'not a pool'],
    [
      'a move to where it is',
      { target: spot(HERE) },
      { current: currentOf({ mode: 'spot' }) },
      'already runs',
    ],
    ['a pool without a price', {}, { pools: [poolOf({ usdPerHour: null })] }, 'price of'],
    [
      'a price of long ago',
      {},
      { pools: [poolOf({ pricesReadUntil: '2026-11-21T10:59:59.000Z' })] },
      'too long ago',
    ],
    ['a pool under notice', {}, { pools: [poolOf({ underNotice: true })] }, 'under notice'],
    ['a pool that is priced out', {}, { pools: [poolOf({ available: false })] }, 'gives no machines'],
    ['a blocked pool', {}, { pools: [poolOf({ blockedUntil: '2027-01-01T00:00:00.000Z' })] }, 'blocked'],
    [
      'on-demand without a price',
      { action: 'switch_to_ondemand', target: { mode: 'ondemand', poolId: HERE } },
      { onDemand: null, current: currentOf({ mode: 'spot' }) },
      'price is not known',
    ],
    ['a standby that is not allowed', { standby: spot(HERE) }, {}, 'do not allow'],
    ['a standby that dies with its primary', { standby: spot(THERE) }, { standbyAllowed: true }, 'die with'],
    [
      'a standby at a price of long ago',
      { action: 'create_replica', target: null, standby: spot(THERE) },
      { standbyAllowed: true, pools: [poolOf({ poolId: THERE, pricesReadUntil: null })] },
      'too long ago',
    ],
    [
      'a stay with another standby',
      { action: 'stay', target: null, standby: spot(THERE) },
      { standbyAllowed: true },
      'create_replica',
    ],
    ['a standby without a place', { action: 'create_replica', target: null }, {}, 'names no place'],
  ])('refuses %s', (_name, proposal, change, expected) => {
    const problems = checkProposal({ ...good, ...proposal }, { ...seen, ...change });
    expect(problems.join('; ')).toContain(expected);
  });

  it('lets a standby that is there be where it is', () => {
    const standby = { ...spot(HERE), usdPerHour: 0.01, ageSeconds: 60, ready: true };
    expect(checkProposal({ ...good, standby: spot(HERE) }, { ...seen, standby })).toEqual([]);
  });
});

describe('asking engines', () => {
  const runner = (name: string, propose: EngineRunner['propose']): EngineRunner => ({
    ref: { engineId: name, kind: 'javascript', name, version: '1', sha256: null },
    propose,
    close: () => Promise.resolve(),
  });
  const rule = new BuiltinRunner(new SeedRuleEngine());
  const broken = runner('broken', () => Promise.reject(new Error('out of luck')));
  const silent = runner('silent', () => new Promise(() => undefined));
  const mad = runner('mad', () => Promise.resolve({ ...good, target: spot('t3.medium.mars-1a') }));

  it('takes the first sane answer and says how the others failed', async () => {
    const answer = await askEngines([broken, mad, rule], seen, 50);
    expect(answer.engine).toEqual(rule.ref);
    expect(answer.attempts.map(({ engine, failure }) => [engine.name, failure?.code ?? null])).toEqual([
      ['broken', 'engine-failed'],
      ['mad', 'engine-invalid-proposal'],
      ['seed-rule', null],
    ]);
  });

  it('stays when nobody answers', async () => {
    const answer = await askEngines([silent], seen, 50);
    expect(answer.proposal).toMatchObject({ engine: 'stay', action: 'stay', target: null });
    expect(answer.attempts.map(({ failure }) => failure?.code ?? null)).toEqual(['engine-timeout', null]);
  });
});
