import { parsePoolId, regionOf } from '@spotopt/contracts';
import type { PoolRiskView } from '@spotopt/contracts';

/** What the owner of decisions would say of a pool. */
export function poolRisk(poolId: string, score: number, more: Partial<PoolRiskView> = {}): PoolRiskView {
  const { instanceType, az } = parsePoolId(poolId);
  return {
    ...{ poolId, region: regionOf(az), az, instanceType, score },
    label: score < 0.4 ? 'safe' : score < 0.7 ? 'caution' : 'avoid',
    parts: { interruptions: 0.1, volatility: 0.2, age: 0.25, trend: 1 },
    ...{ confidence: 0.6, lossPerHour: null, cause: 'schedule', scoredAt: '2026-11-21T11:45:00.000Z' },
    watchedSince: '2026-11-01T00:00:00.000Z',
    history: [],
    ...more,
  };
}
