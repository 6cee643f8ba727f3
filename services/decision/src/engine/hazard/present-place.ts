import { regionOf } from '@spotopt/contracts';
import type { CurrentPlacement, Observation, PoolObservation } from '../engine.js';
import { CHOICE } from './constants.js';
import { type LossPerHour, onDemandPlace, type Place, spotPlace } from './place.js';
import { dangersOf } from './rejections.js';

/** The machine that the workload runs on; null while there is none, or its price is not known. */
export function presentPlace(observation: Observation, lossPerHour: LossPerHour): Place | null {
  const { current } = observation;
  if (current?.mode === 'ondemand') return presentOnDemand(observation, current);
  if (current?.mode === 'spot') return presentSpot(observation, current, lossPerHour);
  return null;
}

/** Whether the pool that the workload runs in is known to take its machines back. */
export function isInDanger({ at, current, pools }: Observation): boolean {
  if (current?.mode !== 'spot') return false;
  const pool = pools.find(({ poolId }) => poolId === current.poolId);
  return pool !== undefined && dangersOf(pool, at).length > 0;
}

function presentOnDemand({ onDemand, pools }: Observation, current: CurrentPlacement): Place | null {
  const usdPerHour = current.usdPerHour ?? onDemand?.usdPerHour ?? dearestCap(pools);
  return usdPerHour === null ? null : onDemandPlace(current.poolId, usdPerHour);
}

/** What the machine costs on demand where nobody says so: the cap of a spot price is the price of its zone. */
function dearestCap(pools: readonly PoolObservation[]): number | null {
  const caps = pools.flatMap(({ onDemandUsdPerHour }) => onDemandUsdPerHour ?? []);
  return caps.length === 0 ? null : Math.max(...caps);
}

function presentSpot(
  observation: Observation,
  current: CurrentPlacement,
  lossPerHour: LossPerHour,
): Place | null {
  const pool = observation.pools.find(({ poolId }) => poolId === current.poolId) ?? strangePool(current);
  const usdPerHour = current.usdPerHour ?? pool.usdPerHour;
  if (usdPerHour === null) return null;
  const learned = lossPerHour(pool.poolId);
  const rate = isInDanger(observation) ? Math.max(learned, CHOICE.lossPerHourInDanger) : learned;
  const now = Date.parse(observation.at) / 1000;
  return spotPlace(pool, { now, region: regionOf(pool.az), usdPerHour, lossPerHour: rate });
}

/** A pool that the workload runs in, but that is none of those which it may run in. */
function strangePool({ poolId, az }: CurrentPlacement): PoolObservation {
  return {
    ...{ poolId, az, instanceType: '', usdPerHour: null, onDemandUsdPerHour: null, pricesReadUntil: null },
    ...{ available: null, interruptions30d: 0, volatility24h: null, rising: null, quietHours: null },
    ...{ blockedUntil: null, underNotice: false, belief: null },
  };
}
