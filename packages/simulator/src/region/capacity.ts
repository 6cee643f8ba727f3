import type { Market } from './instance.js';
import { poolIdOf } from './zones.js';

export type Availability = number | 'unlimited';

export interface Pool {
  readonly id: string;
  readonly instanceType: string;
  readonly zone: string;
  /** How many more spot instances can be had now. */
  available: Availability;
  /** How many more on-demand instances can be had now. */
  onDemandAvailable: Availability;
}

/** The pools (instance type and zone) that the region sells, and how much of each is left. */
export class Pools {
  readonly #byId = new Map<string, Pool>();

  constructor(pools: readonly { readonly instanceType: string; readonly zone: string }[]) {
    for (const { instanceType, zone } of pools) {
      const id = poolIdOf(instanceType, zone);
      this.#byId.set(id, { id, instanceType, zone, available: 'unlimited', onDemandAvailable: 'unlimited' });
    }
  }

  get(poolId: string): Pool | undefined {
    return this.#byId.get(poolId);
  }

  all(): Pool[] {
    return [...this.#byId.values()];
  }

  hasType(instanceType: string): boolean {
    return this.all().some((pool) => pool.instanceType === instanceType);
  }
}

export function availableIn(pool: Pool, market: Market): number {
  const available = market === 'spot' ? pool.available : pool.onDemandAvailable;
  return available === 'unlimited' ? Number.POSITIVE_INFINITY : available;
}

export function takeFrom(pool: Pool, market: Market, count: number): void {
  if (market === 'spot') {
    if (pool.available !== 'unlimited') pool.available = Math.max(0, pool.available - count);
  } else if (pool.onDemandAvailable !== 'unlimited') {
    pool.onDemandAvailable = Math.max(0, pool.onDemandAvailable - count);
  }
}
