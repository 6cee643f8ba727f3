import type { Observation, PoolObservation, RejectionCode } from '../engine.js';

/** Reasons for which nothing may be launched in a pool, whatever it would bring. */
export function rejectionsOf(pool: PoolObservation, at: string, freshSince: string): RejectionCode[] {
  const codes = dangersOf(pool, at);
  if (pool.usdPerHour === null) codes.push('price-unknown');
  else if (pool.pricesReadUntil === null || pool.pricesReadUntil < freshSince) codes.push('price-stale');
  return codes;
}

/** The oldest reading of prices that is acted on. */
export function freshSinceOf({ at, limits }: Pick<Observation, 'at' | 'limits'>): string {
  return new Date(Date.parse(at) - limits.maxPriceAgeSeconds * 1000).toISOString();
}

/** Reasons for which a machine that already runs there will not last. */
export function dangersOf(
  { available, underNotice, blockedUntil }: PoolObservation,
  at: string,
): RejectionCode[] {
  const codes: RejectionCode[] = [];
  if (available === false) codes.push('pool-unavailable');
  if (underNotice) codes.push('pool-under-notice');
  if (blockedUntil !== null && blockedUntil > at) codes.push('pool-blocked');
  return codes;
}
