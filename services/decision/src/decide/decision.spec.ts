import { describe, expect, it } from '@jest/globals';
import { actionOf, reasonOf, targetPoolIdOf } from './decision.js';
import type { Verdict } from './guardrails.js';

const proposal = {
  engine: 'seed-rule',
  engineVersion: '1',
  action: 'switch_to_spot' as const,
  target: { mode: 'spot' as const, poolId: 't3.medium.us-east-1b' },
  standby: null,
  candidates: [],
  reason: 'cheaper',
  expectedSavingsUsdPerHour: 0.03,
  expectedSaving: null,
  estimated: false,
  confidence: 0.8,
};
const decided = (verdict: Verdict) => ({ proposal, verdict });

describe('what becomes of a proposal', () => {
  it.each([
    {
      verdict: { outcome: 'switch', heldBackBy: [] },
      becomes: ['switch_to_spot', 't3.medium.us-east-1b', 'cheaper'],
    },
    {
      verdict: { outcome: 'recommend', heldBackBy: ['auto-switch-off'] },
      becomes: ['switch_to_spot', 't3.medium.us-east-1b', 'cheaper; held back by auto-switch-off'],
    },
    {
      verdict: { outcome: 'stay', heldBackBy: ['cooldown', 'auto-switch-off'] },
      becomes: ['stay', null, 'cheaper; held back by cooldown, auto-switch-off'],
    },
  ] as const)('$verdict.outcome', ({ verdict, becomes }) => {
    const decision = decided(verdict);
    expect([actionOf(decision), targetPoolIdOf(decision), reasonOf(decision)]).toEqual(becomes);
  });
});
