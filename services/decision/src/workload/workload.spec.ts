import { describe, expect, it } from '@jest/globals';
import type { AgentSettings } from '@spotopt/contracts';
import { sampleSettings } from '@spotopt/testkit';
import fc from 'fast-check';
import {
  type ChangeOfPrimary,
  changesAtMs,
  follow,
  isUnderWay,
  type Workload,
  type WorkloadNews,
} from './workload.js';

const T0 = Date.parse('2026-11-21T12:00:00.000Z');
const at = (minute: number): Date => new Date(T0 + minute * 60_000);

const settings = (minSavingsPercent = 30): AgentSettings => sampleSettings({ minSavingsPercent });

const placement = (epoch: number) => ({
  ec2InstanceId: `i-000${String(epoch)}`,
  mode: 'spot' as const,
  poolId: 't3.medium.us-east-1a',
});

function registered(minute: number, epoch = 1, byPrimary = true): WorkloadNews {
  return {
    kind: 'registered',
    at: at(minute),
    registration: {
      agentId: 'agent-1',
      clientId: 'client-1',
      region: 'us-east-1',
      instanceType: 't3.medium',
      settings: settings(),
      epoch,
      primary: placement(epoch),
      byPrimary,
    },
  };
}

const after = (...news: WorkloadNews[]): Workload | null => news.reduce<Workload | null>(follow, null);

describe('following a workload', () => {
  it('starts with its registration, and its first decision is due at once', () => {
    expect(after(registered(0))).toMatchObject({
      primary: placement(1),
      online: true,
      nextDecisionAt: at(0),
      version: 0,
    });
  });

  it('ignores news of a workload that nobody registered', () => {
    expect(after({ kind: 'online', at: at(0), online: true })).toBeNull();
  });

  it('keeps the placement of the highest epoch', () => {
    const moved: WorkloadNews = { kind: 'primary', at: at(5), epoch: 3, placement: placement(3) };
    const late: WorkloadNews = { kind: 'primary', at: at(6), epoch: 2, placement: placement(2) };
    expect(after(registered(0), moved, late, registered(7, 1))).toMatchObject({
      epoch: 3,
      primary: placement(3),
    });
  });

  it('makes the next decision due when settings change', () => {
    const decided = { ...after(registered(0)), nextDecisionAt: at(15) } as Workload;
    const changed = follow(decided, { kind: 'settings', at: at(5), settings: settings(10) });
    expect(changed).toMatchObject({ nextDecisionAt: at(5), settings: { minSavingsPercent: 10 } });
  });

  it('takes the primary for online when it registers again, a standby not', () => {
    const offline: WorkloadNews = { kind: 'online', at: at(3), online: false };
    expect(after(registered(0), offline, registered(4, 1, false))?.online).toBe(false);
    expect(after(registered(0), offline, registered(4, 1, true))?.online).toBe(true);
  });

  it('ends up the same whatever the order of what is told after the registration', () => {
    const news: WorkloadNews[] = [
      { kind: 'settings', at: at(1), settings: settings(10) },
      { kind: 'settings', at: at(4), settings: settings(20) },
      { kind: 'online', at: at(2), online: false },
      { kind: 'online', at: at(6), online: true },
      { kind: 'primary', at: at(3), epoch: 2, placement: placement(2) },
      { kind: 'primary', at: at(7), epoch: 3, placement: placement(3) },
    ];
    const inOrder = after(registered(0), ...news);
    fc.assert(
      fc.property(fc.shuffledSubarray(news, { minLength: news.length }), (shuffled) => {
        expect(after(registered(0), ...shuffled)).toEqual(inOrder);
        expect(after(registered(0), ...shuffled, ...shuffled)).toEqual(inOrder);
      }),
      { seed: 20261121 },
    );
  });
});

describe('changes of primary', () => {
  const change = (state: ChangeOfPrimary['state'], minute: number): ChangeOfPrimary => ({
    decisionId: null,
    switchId: 's',
    agentId: 'agent-1',
    state,
    startedAt: at(minute),
    endedAt: state === 'started' ? null : at(minute + 1),
  });

  it('count when they touched the workload', () => {
    const changes = [
      change('started', 0),
      change('finished', 5),
      change('failed', 9),
      change('rolled-back', 12),
      change('failed-moved', 20),
    ];
    expect(changesAtMs(changes)).toEqual([at(6), at(13), at(21)].map((time) => time.getTime()));
  });

  it('are under way until their end, but not for ever', () => {
    expect(isUnderWay(change('started', 0), at(119))).toBe(true);
    expect(isUnderWay(change('started', 0), at(120))).toBe(false);
    expect(isUnderWay(change('finished', 0), at(1))).toBe(false);
  });
});
