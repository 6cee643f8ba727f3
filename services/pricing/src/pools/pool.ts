import { type OnDemandSource, type PriceSource, parsePoolId, regionOf } from '@spotopt/contracts';

/** A spot pool: one instance type in one zone. */
export interface SpotPool {
  readonly poolId: string;
  readonly region: string;
  readonly az: string;
  readonly instanceType: string;
  readonly onDemand: OnDemandPrice | null;
}

export interface OnDemandPrice {
  readonly usdPerHour: number;
  readonly source: OnDemandSource;
}

/** One sighting of a pool's spot price. */
export interface PriceSighting {
  readonly poolId: string;
  readonly usdPerHour: number;
  readonly source: PriceSource;
  /** For the price history when AWS changed the price, for a report when the agent saw it. */
  readonly observedAt: Date;
}

/** A sighting as it is kept for good. */
export interface RawPrice extends PriceSighting {
  /** Empty for a price that came from AWS itself. */
  readonly reportedBy: string;
  readonly reportId: string | null;
  readonly receivedAt: Date;
}

export interface CurrentPrice {
  readonly pool: SpotPool;
  /** Null for a pool of which no price is known yet. */
  readonly inForce: PriceSighting | null;
  /** Rises with every change; a writer that read an older one has lost. */
  readonly version: number;
}

const PRECEDENCE: Readonly<Record<PriceSource, number>> = {
  'primary-report': 2,
  'replica-report': 1,
  'spot-price-history': 0,
};

/**
 * Whether `a` is in force rather than `b`: the newer sighting; at equal age the primary's, then a replica's, then
 * the history's; among equals the dearer, so that a saving is never overstated. A total order, so that the price
 * in force does not depend on the order of arrival.
 */
export function supersedes(a: PriceSighting, b: PriceSighting): boolean {
  const byTime = a.observedAt.getTime() - b.observedAt.getTime();
  if (byTime !== 0) return byTime > 0;
  const bySource = PRECEDENCE[a.source] - PRECEDENCE[b.source];
  if (bySource !== 0) return bySource > 0;
  return a.usdPerHour > b.usdPerHour;
}

/** The sighting in force of each pool. */
export function newestPerPool(sightings: Iterable<PriceSighting>): Map<string, PriceSighting> {
  const newest = new Map<string, PriceSighting>();
  for (const sighting of sightings) {
    const known = newest.get(sighting.poolId);
    if (known === undefined || supersedes(sighting, known)) newest.set(sighting.poolId, sighting);
  }
  return newest;
}

export function spotPoolOf(poolId: string, onDemand: OnDemandPrice | null): SpotPool {
  const { instanceType, az } = parsePoolId(poolId);
  return { poolId, region: regionOf(az), az, instanceType, onDemand };
}

/** `t3.medium (us-east-1a)`: what people read. */
export function displayNameOf(pool: Pick<SpotPool, 'instanceType' | 'az'>): string {
  return `${pool.instanceType} (${pool.az})`;
}

/** What the store keeps of a price: millionths of a dollar. Null for one that would become nothing. */
export function storablePrice(usdPerHour: number): number | null {
  const rounded = Math.round(usdPerHour * 1e6) / 1e6;
  return rounded > 0 ? rounded : null;
}
