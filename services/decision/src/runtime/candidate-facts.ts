import { poolIdOf } from '@spotopt/contracts';
import {
  isPriceFresh,
  type Observation,
  type PlacementChoice,
  type PoolObservation,
  type RejectionCode,
} from '../engine/ports.js';

/** A place with what the observation itself says of it, whatever an engine thinks. */
export interface CandidateFacts extends PlacementChoice {
  readonly usdPerHour: number | null;
  readonly savingsPercent: number | null;
  /** Null for on demand. */
  readonly pool: PoolObservation | null;
  /** What speaks against it in any case. */
  readonly rejectedBecause: readonly RejectionCode[];
}

/** Every place that may be chosen: the pools in their order, then on demand where its price is known. */
export function candidateFactsOf(observation: Observation): CandidateFacts[] {
  const spot = observation.pools.map((pool) => ({
    mode: 'spot' as const,
    poolId: pool.poolId,
    usdPerHour: pool.usdPerHour,
    savingsPercent: savingsPercentOf(observation, pool.usdPerHour),
    pool,
    rejectedBecause: factsAgainst(observation, pool),
  }));
  const { onDemand, current } = observation;
  if (onDemand === null) return spot;
  const usdPerHour = onDemand.usdPerHour;
  const against: RejectionCode[] = current?.mode === 'ondemand' ? ['current-pool'] : [];
  return [
    ...spot,
    {
      mode: 'ondemand',
      poolId: onDemandPoolOf(observation),
      usdPerHour,
      savingsPercent: savingsPercentOf(observation, usdPerHour),
      pool: null,
      rejectedBecause: against,
    },
  ];
}

/** The on-demand machine stays in the zone of the present one. */
export function onDemandPoolOf(observation: Observation): string {
  const az = observation.current?.az ?? observation.pools[0]?.az ?? `${observation.region}a`;
  return poolIdOf(observation.instanceType, az);
}

function factsAgainst(observation: Observation, pool: PoolObservation): RejectionCode[] {
  const { current, at } = observation;
  const against: RejectionCode[] = [];
  if (current?.mode === 'spot' && current.poolId === pool.poolId) against.push('current-pool');
  if (pool.available === false) against.push('pool-unavailable');
  if (pool.underNotice) against.push('pool-under-notice');
  if (pool.usdPerHour === null) against.push('price-unknown');
  else if (!isPriceFresh(observation, pool)) against.push('price-stale');
  if (pool.blockedUntil !== null && pool.blockedUntil > at) against.push('pool-blocked');
  return against;
}

function savingsPercentOf({ current }: Observation, usdPerHour: number | null): number | null {
  const present = current?.usdPerHour ?? null;
  if (present === null || present <= 0 || usdPerHour === null) return null;
  return ((present - usdPerHour) / present) * 100;
}
