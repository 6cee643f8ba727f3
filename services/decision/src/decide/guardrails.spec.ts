import { describe, expect, it } from '@jest/globals';
import type { AgentSettings } from '@spotopt/contracts';
import { sampleSettings } from '@spotopt/testkit';
import fc from 'fast-check';
import type { Proposal } from '../engine/ports.js';
import { type GuardrailFacts, judge as judgeWith, standbyChangeOf, type Verdict } from './guardrails.js';

const NOW_MS = Date.parse('2026-11-21T12:00:00.000Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const settings: AgentSettings = sampleSettings();

function facts(
  overrides: Partial<GuardrailFacts> = {},
  changed: Partial<AgentSettings> = {},
): GuardrailFacts {
  return {
    nowMs: NOW_MS,
    settings: { ...settings, ...changed },
    online: true,
    switchUnderWay: false,
    proposalOpenUntilMs: null,
    changesAtMs: [],
    ...overrides,
  };
}

const move: Proposal = {
  engine: 'seed-rule',
  engineVersion: '1',
  action: 'switch_to_spot',
  target: { mode: 'spot', poolId: 't3.medium.us-east-1b' },
  standby: null,
  candidates: [],
  reason: 'cheaper',
  expectedSavingsUsdPerHour: 0.03,
  expectedSaving: null,
  estimated: false,
  confidence: 0.8,
};

const hoursAgo = (...hours: number[]): number[] => hours.map((hour) => NOW_MS - hour * HOUR_MS);

const judge = (proposal: Proposal, seen: GuardrailFacts): Verdict => judgeWith(proposal, seen, 'none');
const stay: Proposal = { ...move, action: 'stay', target: null };

describe('guardrails', () => {
  it('let a move through when nothing is against it', () => {
    expect(judge(move, facts())).toEqual({ outcome: 'switch', heldBackBy: [] });
  });

  it.each([
    ['a disabled agent', facts({}, { enabled: false }), 'agent-disabled'],
    ['an agent that is offline', facts({ online: false }), 'agent-offline'],
    ['a switch under way', facts({ switchUnderWay: true }), 'switch-under-way'],
    ['an open proposal', facts({ proposalOpenUntilMs: NOW_MS + 1 }), 'proposal-open'],
    ['a change within the cooldown', facts({ changesAtMs: [NOW_MS - 119 * MINUTE_MS] }), 'cooldown'],
    ['three changes within a day', facts({ changesAtMs: hoursAgo(3, 12, 23.9) }), 'daily-limit'],
    [
      'ten changes within a week',
      facts({ changesAtMs: hoursAgo(26, 30, 40, 50, 60, 70, 80, 90, 100, 167) }),
      'weekly-limit',
    ],
    ['a limit of no switch at all', facts({}, { maxSwitchesPerDay: 0 }), 'daily-limit'],
  ] as const)('stay with %s', (_name, seen, code) => {
    expect(judge(move, seen)).toEqual({ outcome: 'stay', heldBackBy: [code] });
  });

  it.each([
    ['the cooldown ran out', facts({ changesAtMs: [NOW_MS - 120 * MINUTE_MS] })],
    ['the third change was yesterday', facts({ changesAtMs: hoursAgo(3, 12, 24) })],
    ['the open proposal expired', facts({ proposalOpenUntilMs: NOW_MS })],
    ['there is no cooldown', facts({ changesAtMs: [NOW_MS] }, { cooldownMinutes: 0 })],
  ] as const)('let go once %s', (_name, seen) => {
    expect(judge(move, seen).outcome).toBe('switch');
  });

  it('recommend only, without automatic switching or with an engine that doubts itself', () => {
    expect(judge(move, facts({}, { autoSwitchEnabled: false }))).toEqual({
      outcome: 'recommend',
      heldBackBy: ['auto-switch-off'],
    });
    expect(judge({ ...move, confidence: 0.69 }, facts())).toEqual({
      outcome: 'recommend',
      heldBackBy: ['confidence-too-low'],
    });
  });

  it('say nothing about staying', () => {
    expect(judge(stay, facts({ online: false }))).toEqual({ outcome: 'stay', heldBackBy: [] });
  });

  it('let a standby come and go whatever the budget of moves is', () => {
    const justMoved = facts({ changesAtMs: [NOW_MS - MINUTE_MS] });
    expect(judgeWith(stay, justMoved, 'launch')).toEqual({ outcome: 'replica', heldBackBy: [] });
    expect(judgeWith(stay, justMoved, 'give-up')).toEqual({ outcome: 'replica', heldBackBy: [] });
    expect(judgeWith(stay, facts({ switchUnderWay: true }), 'launch')).toEqual({
      outcome: 'stay',
      heldBackBy: ['switch-under-way'],
    });
    expect(judgeWith(stay, facts({}, { autoSwitchEnabled: false }), 'launch').outcome).toBe('recommend');
  });

  it.each([
    ['nothing of none', null, null, 'none'],
    ['nothing of the one that is there', 'b', 'b', 'none'],
    ['a launch where there is none', 'b', null, 'launch'],
    ['a launch where there is another', 'b', 'c', 'launch'],
    ['an end of one that does not pay', null, 'b', 'give-up'],
  ] as const)('see %s', (_name, wanted, present, change) => {
    const at = (zone: string | null) =>
      zone === null ? null : { mode: 'spot' as const, poolId: `t3.medium.us-east-1${zone}` };
    const there = at(present);
    const standby = there === null ? null : { ...there, usdPerHour: 0.01, ageSeconds: 600, ready: true };
    expect(standbyChangeOf({ standby: at(wanted) }, { standby, standbyAllowed: true })).toBe(change);
    const others = standbyChangeOf({ standby: at(wanted) }, { standby, standbyAllowed: false });
    expect(others).toBe(wanted === null ? 'none' : change);
  });

  it('never allow more than a limit over any history of changes', () => {
    const history = fc.array(fc.integer({ min: 0, max: 10 * 24 * 60 }), { maxLength: 20 });
    fc.assert(
      fc.property(history, (minutesAgo) => {
        const changesAtMs = minutesAgo.map((minutes) => NOW_MS - minutes * MINUTE_MS);
        if (judge(move, facts({ changesAtMs })).outcome !== 'switch') return;
        expect(minutesAgo.filter((minutes) => minutes < 120)).toHaveLength(0);
        expect(minutesAgo.filter((minutes) => minutes < 24 * 60).length).toBeLessThan(3);
        expect(minutesAgo.filter((minutes) => minutes < 7 * 24 * 60).length).toBeLessThan(10);
      }),
      { seed: 20261121, numRuns: 500 },
    );
  });
});
