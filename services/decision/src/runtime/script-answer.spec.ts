import { describe, expect, it } from '@jest/globals';
import { observationOf, poolOf } from '../engine/observation-samples.contract.js';
import { proposalOfScript } from './script-answer.js';

const ENGINE = { name: 'mine', version: '3' };
const B = 't3.medium.us-east-1b';
const observation = observationOf({
  pools: [poolOf(), poolOf({ poolId: 't3.medium.us-east-1c', available: false })],
});
const read = (answer: unknown, from = observation) => proposalOfScript(JSON.stringify(answer), from, ENGINE);
const MOVE = {
  action: 'switch_to_spot',
  target: { mode: 'spot', poolId: B },
  reason: 'cheap',
  confidence: 0.9,
};

describe('answer of a script', () => {
  it('becomes a proposal with the facts of the observation', () => {
    const proposal = read(MOVE);
    expect(proposal).toMatchObject({
      ...{ engine: 'mine', engineVersion: '3', action: 'switch_to_spot', target: MOVE.target, standby: null },
      expectedSaving: { grossUsdPerHour: expect.closeTo(0.0291, 10), horizonHours: 24 },
    });
    expect(proposal.expectedSavingsUsdPerHour).toBe(proposal.expectedSaving?.netUsdPerHour);
    expect(
      proposal.candidates.map(({ mode, usdPerHour, rejectedBecause }) => [mode, usdPerHour, rejectedBecause]),
    ).toEqual([
      ['spot', 0.0125, []],
      ['spot', 0.0125, ['pool-unavailable']],
      ['ondemand', 0.0416, ['current-pool']],
    ]);
  });

  it('keeps what the script thinks of a place beside what is known of it', () => {
    const { candidates } = read({
      ...{ ...MOVE, action: 'stay', target: null },
      candidates: [{ poolId: B, risk: 0.2, lossPerHour: 0.01, rejectedBecause: ['risk-too-high'] }],
    });
    expect(candidates[0]).toMatchObject({
      risk: 0.2,
      lossPerHour: 0.01,
      usdPerHour: 0.0125,
      rejectedBecause: ['risk-too-high'],
    });
  });

  it('repeats the present standby of a script that has no say in it', () => {
    const present = { mode: 'spot', poolId: B, usdPerHour: 0.01, ageSeconds: 60, ready: true } as const;
    const withStandby = observationOf({ ...observation, standby: present });
    const stay = { action: 'stay', reason: 'fine', confidence: 1 };
    expect(read(stay, withStandby).standby).toEqual({ mode: 'spot', poolId: B });
    expect(read({ ...stay, standby: null }, withStandby).standby).toBeNull();
  });

  it('needs no pool for on demand', () => {
    const spot = observationOf({
      ...observation,
      current: { ...poolOf(), mode: 'spot', estimated: false, ageSeconds: 1 },
    });
    const { target } = read({ action: 'switch_to_ondemand', reason: 'night', confidence: 1 }, spot);
    expect(target).toEqual({ mode: 'ondemand', poolId: B });
  });

  it.each([
    ['confidence', { ...MOVE, confidence: 1.5 }],
    ['target.poolId', { ...MOVE, target: { mode: 'spot', poolId: 'x' } }],
    ['target: must be null', { ...MOVE, action: 'stay' }],
    ['candidates', { ...MOVE, candidates: [{ poolId: 'x' }] }],
    ['reason', { ...MOVE, reason: ' ' }],
  ])('names the field that is wrong: %s', (field, answer) => {
    expect(() => read(answer)).toThrow(field);
  });

  it('does not move to a place without a price', () => {
    const unpriced = observationOf({ pools: [poolOf({ usdPerHour: null })] });
    expect(() => read(MOVE, unpriced)).toThrow(`target: the price of ${B} is not known`);
  });
});
