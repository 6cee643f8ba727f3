import { describe, expect, it } from '@jest/globals';
import { markFeaturesOf, type PoolMark } from './pool-marks.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);
const mark = (hours: number, kind: PoolMark['kind'] = 'interruption'): PoolMark => ({
  poolId: 't3.medium.us-east-1a',
  kind,
  at: hoursAgo(hours),
});

describe('what speaks against a pool', () => {
  it('counts quiet hours from the oldest known price when nothing happened', () => {
    expect(markFeaturesOf([], hoursAgo(72), NOW)).toEqual({
      interruptions: 0,
      quietHours: 72,
      blockedUntil: null,
      underNotice: false,
    });
    expect(markFeaturesOf([], null, NOW).quietHours).toBeNull();
  });

  it('counts them from the last mark, in whatever order marks come', () => {
    const features = markFeaturesOf([mark(3), mark(50), mark(7)], hoursAgo(720), NOW);
    expect(features).toMatchObject({ interruptions: 3, quietHours: 3 });
  });

  it('holds a refused launch against the pool without counting an interruption', () => {
    expect(markFeaturesOf([mark(0.25, 'launch-failed')], null, NOW)).toEqual({
      interruptions: 0,
      quietHours: 0.25,
      blockedUntil: hoursAgo(-0.25),
      underNotice: false,
    });
  });

  it('doubles the hold for each further mark within a day, up to 12 hours', () => {
    expect(markFeaturesOf([mark(0)], null, NOW).blockedUntil).toEqual(hoursAgo(-0.5));
    expect(markFeaturesOf([mark(0), mark(5)], null, NOW).blockedUntil).toEqual(hoursAgo(-1));
    expect(markFeaturesOf([mark(0), mark(30)], null, NOW).blockedUntil).toEqual(hoursAgo(-0.5));
    const many = Array.from({ length: 20 }, (_, index) => mark(index));
    expect(markFeaturesOf(many, null, NOW).blockedUntil).toEqual(hoursAgo(-12));
  });

  it('sees a recommendation as a sign of scarcity only, for half an hour', () => {
    expect(markFeaturesOf([mark(0.25, 'rebalance')], hoursAgo(72), NOW)).toEqual({
      interruptions: 0,
      quietHours: 72,
      blockedUntil: null,
      underNotice: true,
    });
    expect(markFeaturesOf([mark(0.5, 'rebalance')], null, NOW).underNotice).toBe(false);
    expect(markFeaturesOf([mark(0.25, 'interruption')], null, NOW).underNotice).toBe(true);
  });
});
