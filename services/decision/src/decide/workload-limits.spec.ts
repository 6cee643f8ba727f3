import { describe, expect, it } from '@jest/globals';
import { currentOf, observationOf, poolOf } from '../engine/observation-samples.contract.js';
import type { Observation, StandbyPlacement } from '../engine/ports.js';
import { SeedRuleEngine } from '../engine/seed-rule.js';
import type { EngineKind } from '../runtime/ports.js';
import { limitsAgainst } from './workload-limits.js';

const HERE = 't3.medium.us-east-1a';
const THERE = 't3.medium.us-east-1b';
const move = new SeedRuleEngine().propose(observationOf());
const onSpot = currentOf({ mode: 'spot', usdPerHour: 0.0125 });
const here = poolOf({ poolId: HERE, az: 'us-east-1a' });
const against = (change: Partial<Observation>, kind: EngineKind = 'javascript', proposal = move) =>
  limitsAgainst(proposal, observationOf(change), { kind, standby: 'none' });

describe('limits of a workload around a script', () => {
  it('let a safe move through that saves enough', () => {
    expect(against({})).toEqual([]);
  });

  it.each<[string, Partial<Observation>, string[]]>([
    ['a risky pool', { pools: [poolOf({ interruptions30d: 30 })] }, ['risk-too-high']],
    ['a saving below the limit', { current: onSpot, pools: [poolOf(), here] }, ['saving-too-small']],
    ['a present price that is not known', { current: currentOf({ usdPerHour: null }) }, ['saving-too-small']],
    ['a landing after a loss', { current: null }, []],
    [
      'a way out of a pool under notice',
      { current: onSpot, pools: [poolOf(), { ...here, underNotice: true }] },
      [],
    ],
    [
      'a way out of a blocked pool',
      { current: onSpot, pools: [poolOf(), { ...here, blockedUntil: '2027' }] },
      [],
    ],
  ])('judge %s', (_name, change, expected) => {
    expect(against(change)).toEqual(expected);
  });

  it('believe a script that warns of its own target', () => {
    const [first, ...rest] = move.candidates;
    if (first === undefined) throw new Error('the rule scores its pools');
    expect(against({}, 'javascript', { ...move, candidates: [{ ...first, risk: 0.9 }, ...rest] })).toEqual([
      'risk-too-high',
    ]);
  });

  it('are the own business of engines that are compiled in, and of models', () => {
    const risky = { pools: [poolOf({ interruptions30d: 30 })] };
    expect(against(risky, 'builtin')).toEqual([]);
    expect(against(risky, 'onnx')).toEqual([]);
  });

  it('keep a young standby of any engine, unless its pool fails', () => {
    const standby: StandbyPlacement = {
      mode: 'spot',
      poolId: THERE,
      usdPerHour: 0.01,
      ageSeconds: 60,
      ready: true,
    };
    const stay = { ...move, action: 'stay' as const, target: null };
    const judge = (change: Partial<Observation>) =>
      limitsAgainst(stay, observationOf({ standby, ...change }), { kind: 'builtin', standby: 'give-up' });
    expect(judge({})).toEqual(['standby-too-young']);
    expect(judge({ standby: { ...standby, ageSeconds: 1800 } })).toEqual([]);
    expect(judge({ pools: [poolOf({ underNotice: true })] })).toEqual([]);
    expect(judge({ standby: null })).toEqual([]);
  });
});
