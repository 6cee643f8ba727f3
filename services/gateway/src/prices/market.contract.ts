import type { AgentView, PoolFacts, PricePoint } from '@spotopt/contracts';
import { parsePoolId, regionOf } from '@spotopt/contracts';
import { SETTINGS } from '../gateway-harness.contract.js';

const NO_RATE = { count: 0, instanceHours: 0, perInstanceDay: null };

/** What the owner of prices would say of a pool. */
export function poolFacts(
  poolId: string,
  usdPerHour: number | null,
  more: Partial<PoolFacts> = {},
): PoolFacts {
  const { instanceType, az } = parsePoolId(poolId);
  return {
    poolId,
    name: `${instanceType} in ${az}`,
    region: regionOf(az),
    az,
    instanceType,
    spotUsdPerHour: usdPerHour,
    source: usdPerHour === null ? null : 'spot-price-history',
    observedAt: usdPerHour === null ? null : '2026-11-21T11:00:00.000Z',
    confirmedAt: null,
    onDemandUsdPerHour: 0.04,
    onDemandSource: 'catalogue',
    onDemandAsOf: '2026-11-01',
    offered: true,
    advisor: null,
    placementScore: null,
    interruptions: { h24: NO_RATE, d7: NO_RATE, d30: NO_RATE },
    boot: null,
    ...more,
  };
}

export function pricePoint(
  at: string,
  usdPerHour: number | null,
  more: Partial<PricePoint> = {},
): PricePoint {
  const known = usdPerHour !== null;
  return {
    at,
    usdPerHour,
    minUsdPerHour: usdPerHour,
    maxUsdPerHour: usdPerHour,
    state: known ? 'measured' : 'empty',
    source: known ? 'primary-report' : null,
    method: null,
    confidence: known ? 1 : null,
    ...more,
  };
}

/** A workload as the owner of the fleet would show it. */
export function agentView(clientId: string, more: Partial<AgentView> = {}): AgentView {
  return {
    agentId: 'workload-1',
    clientId,
    logicalAgentId: 'web',
    status: 'online',
    hostname: null,
    agentVersion: '4.0.0',
    region: 'us-east-1',
    instanceType: 't3.medium',
    ec2InstanceId: 'i-0abc1234',
    az: 'us-east-1a',
    mode: 'spot',
    poolId: 't3.medium.us-east-1a',
    epoch: 1,
    lastHeartbeatAt: null,
    createdAt: '2026-11-01T00:00:00.000Z',
    settings: SETTINGS,
    replicaCount: 0,
    ...more,
  };
}
