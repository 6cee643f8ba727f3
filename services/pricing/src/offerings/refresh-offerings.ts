import { poolIdOf } from '@spotopt/contracts';
import type { Clock, Tx, UnitOfWork } from '@spotopt/kernel';
import type { MarketFact } from '../market/ports.js';
import { cataloguePriceOf, type Market, type PoolStore, spotPoolOf } from '../pools/ports.js';
import type { Offerings, OfferingStore } from './ports.js';

export interface RefreshOfferingsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly offerings: Offerings;
  readonly store: OfferingStore;
  readonly pools: PoolStore;
  readonly intervalMs: number;
}

/** Which pools of a market exist: those that are sold, also without a price yet, and those that no longer are. */
export class RefreshOfferings implements MarketFact {
  readonly kind = 'offerings';
  readonly unit = 'market';
  readonly intervalMs: number;

  constructor(private readonly deps: RefreshOfferingsDeps) {
    this.intervalMs = deps.intervalMs;
  }

  async read(markets: readonly Market[]): Promise<void> {
    const [first] = markets;
    if (first === undefined) return;
    const types = markets.map((market) => market.instanceType);
    const found = await this.deps.offerings.offered(first.region, types);
    const sold = found
      .filter(({ instanceType }) => types.includes(instanceType))
      .map(({ instanceType, az }) => poolIdOf(instanceType, az));
    await this.deps.uow.run((tx) => this.#keep(tx, markets, sold));
  }

  async #keep(tx: Tx, markets: readonly Market[], sold: readonly string[]): Promise<void> {
    const { pools, store, clock } = this.deps;
    const readAt = clock.now();
    const offered = sold.map((poolId) => {
      const pool = spotPoolOf(poolId, null);
      return { ...pool, onDemand: cataloguePriceOf(pool.region, pool.instanceType) };
    });
    await pools.addPools(tx, offered, readAt);
    const known: string[] = [];
    for (const market of markets) known.push(...(await pools.listPoolIds(tx, market)));
    await store.save(tx, new Map(known.map((poolId) => [poolId, sold.includes(poolId)])), readAt);
  }
}
