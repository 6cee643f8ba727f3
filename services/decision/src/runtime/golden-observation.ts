import type { Observation, PoolObservation } from '../engine/ports.js';

const AT = '2026-01-14T12:00:00.000Z';

function poolOf(az: string, overrides: Partial<PoolObservation>): PoolObservation {
  return {
    poolId: `m6i.large.${az}`,
    az,
    instanceType: 'm6i.large',
    usdPerHour: 0.04,
    onDemandUsdPerHour: 0.096,
    pricesReadUntil: '2026-01-14T11:55:00.000Z',
    available: true,
    interruptions30d: 0,
    volatility24h: 0.05,
    rising: false,
    quietHours: 200,
    blockedUntil: null,
    underNotice: false,
    belief: null,
    ...overrides,
  };
}

/**
 * What every uploaded engine is asked before it may be activated: a cheap pool, a risky one, one that is taken back
 * and one of which nothing is known, seen from an on-demand machine.
 */
export const GOLDEN_OBSERVATION: Observation = {
  at: AT,
  agentId: 'golden',
  region: 'us-east-1',
  instanceType: 'm6i.large',
  seed: 7,
  cycleSeconds: 900,
  current: {
    mode: 'ondemand',
    poolId: 'm6i.large.us-east-1a',
    az: 'us-east-1a',
    usdPerHour: 0.096,
    estimated: false,
    ageSeconds: 86_400,
  },
  standby: null,
  standbyAllowed: true,
  limits: { minSavingsPercent: 20, maxRisk: 0.3, maxPriceAgeSeconds: 3600 },
  economics: {
    downtimeUsdPerMinute: 0.05,
    promoteSeconds: 10,
    coldLaunchSeconds: 180,
    doubleRunSeconds: 300,
    oldKeptSeconds: 0,
    transferUsd: 0.01,
  },
  changesAt: ['2026-01-13T12:00:00.000Z'],
  pools: [
    poolOf('us-east-1a', {}),
    poolOf('us-east-1b', { usdPerHour: 0.03, interruptions30d: 12, quietHours: 2, rising: true }),
    poolOf('us-east-1c', { usdPerHour: 0.035, available: false, underNotice: true, quietHours: 0 }),
    poolOf('us-east-1d', {
      usdPerHour: null,
      pricesReadUntil: null,
      available: null,
      volatility24h: null,
      rising: null,
      quietHours: null,
    }),
  ],
  onDemand: { usdPerHour: 0.096, source: 'catalogue' },
  market: null,
};
