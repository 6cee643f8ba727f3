import type { Observation, PoolObservation } from './engine.js';

/** Whether the price of a pool was read lately enough to act on it, however long ago it last changed. */
export function isPriceFresh(
  { at, limits }: Pick<Observation, 'at' | 'limits'>,
  { pricesReadUntil }: Pick<PoolObservation, 'pricesReadUntil'>,
): boolean {
  if (pricesReadUntil === null) return false;
  return Date.parse(at) - Date.parse(pricesReadUntil) <= limits.maxPriceAgeSeconds * 1000;
}
