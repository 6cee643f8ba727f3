import type { CurrentPlacement, Observation, PoolObservation } from './engine.js';

export const OBSERVED_AT = '2026-11-21T12:00:00.000Z';

/** A quiet, cheap pool in zone b. */
export function poolOf(overrides: Partial<PoolObservation> = {}): PoolObservation {
  return {
    poolId: 't3.medium.us-east-1b',
    az: 'us-east-1b',
    instanceType: 't3.medium',
    usdPerHour: 0.0125,
    onDemandUsdPerHour: 0.0416,
    pricesReadUntil: '2026-11-21T11:55:00.000Z',
    available: true,
    interruptions30d: 0,
    volatility24h: 0,
    rising: false,
    quietHours: 100,
    blockedUntil: null,
    underNotice: false,
    belief: null,
    ...overrides,
  };
}

/** On demand in zone a. */
export function currentOf(overrides: Partial<CurrentPlacement> = {}): CurrentPlacement {
  return {
    mode: 'ondemand',
    poolId: 't3.medium.us-east-1a',
    az: 'us-east-1a',
    usdPerHour: 0.0416,
    estimated: false,
    ageSeconds: 7200,
    ...overrides,
  };
}

/** A move costs nothing and a standby is not allowed, unless a test says otherwise. */
export function observationOf(overrides: Partial<Observation> = {}): Observation {
  return {
    at: OBSERVED_AT,
    agentId: 'agent-1',
    region: 'us-east-1',
    instanceType: 't3.medium',
    seed: 1,
    cycleSeconds: 900,
    current: currentOf(),
    standby: null,
    standbyAllowed: false,
    limits: { minSavingsPercent: 30, maxRisk: 0.3, maxPriceAgeSeconds: 3600 },
    economics: {
      downtimeUsdPerMinute: 0,
      promoteSeconds: 10,
      coldLaunchSeconds: 180,
      doubleRunSeconds: 0,
      oldKeptSeconds: 0,
      transferUsd: 0,
    },
    changesAt: [],
    pools: [poolOf()],
    onDemand: { usdPerHour: 0.0416, source: 'catalogue' },
    market: null,
    ...overrides,
  };
}
