import {
  observationOf as anyObservation,
  poolOf as anyPool,
} from '../engine/observation-samples.contract.js';
import type { Observation, PoolObservation } from '../engine/ports.js';

const AT = '2026-11-20T12:00:00.000Z';

/** A spot pool of which nothing bad is known. */
export function poolOf(poolId: string, change: Partial<PoolObservation> = {}): PoolObservation {
  return anyPool({
    poolId,
    az: poolId.slice(poolId.lastIndexOf('.') + 1),
    usdPerHour: 0.02,
    onDemandUsdPerHour: 0.1,
    pricesReadUntil: AT,
    ...change,
  });
}

/** Round figures, so that a reader can work out what an advice costs. */
export function observationOf(change: Partial<Observation> = {}): Observation {
  return anyObservation({
    at: AT,
    current: null,
    standbyAllowed: true,
    limits: { minSavingsPercent: 15, maxRisk: 0.3, maxPriceAgeSeconds: 3600 },
    economics: {
      downtimeUsdPerMinute: 0.06,
      promoteSeconds: 10,
      coldLaunchSeconds: 180,
      doubleRunSeconds: 180,
      oldKeptSeconds: 0,
      transferUsd: 0.005,
    },
    pools: [],
    onDemand: { usdPerHour: 0.1, source: 'catalogue' },
    ...change,
  });
}
