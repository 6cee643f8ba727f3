import { createEvent, SpotPriceChangedV1 } from '@spotopt/contracts';
import { AppError, type Clock, type Ids, type Outbox, type Tx } from '@spotopt/kernel';
import { cataloguePriceOf } from './on-demand.js';
import { newestPerPool, type PriceSighting, type RawPrice, spotPoolOf, supersedes } from './pool.js';
import { type CurrentPrice, type PoolStore, PriceBook, type RawPriceStore } from './ports.js';

export interface PriceBookDeps {
  readonly pools: PoolStore;
  readonly raw: RawPriceStore;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

export class StoredPriceBook extends PriceBook {
  constructor(private readonly deps: PriceBookDeps) {
    super();
  }

  override async keep(tx: Tx, rows: readonly RawPrice[]): Promise<void> {
    const poolIds = [...new Set(rows.map((row) => row.poolId))].sort();
    const pools = poolIds.map((poolId) => {
      const pool = spotPoolOf(poolId, null);
      return { ...pool, onDemand: cataloguePriceOf(pool.region, pool.instanceType) };
    });
    await this.deps.pools.addPools(tx, pools, this.deps.clock.now());
    await this.deps.raw.add(tx, rows);
  }

  override async bringIntoForce(
    tx: Tx,
    sightings: Iterable<PriceSighting>,
    correlation?: string,
  ): Promise<void> {
    const newest = newestPerPool(sightings);
    for (const present of await this.deps.pools.findForChange(tx, [...newest.keys()].sort())) {
      const sighting = newest.get(present.pool.poolId);
      if (sighting === undefined) continue;
      if (present.inForce !== null && !supersedes(sighting, present.inForce)) continue;
      if (!(await this.deps.pools.setInForce(tx, present, sighting))) {
        throw AppError.transient('version-conflict', `the price of ${sighting.poolId} changed meanwhile`);
      }
      if (present.inForce?.usdPerHour !== sighting.usdPerHour) {
        await this.#announce(tx, present, sighting, correlation);
      }
    }
  }

  async #announce(
    tx: Tx,
    present: CurrentPrice,
    sighting: PriceSighting,
    correlation: string | undefined,
  ): Promise<void> {
    const { pool } = present;
    await this.deps.outbox.add(
      tx,
      createEvent(SpotPriceChangedV1, {
        id: this.deps.ids.next(),
        time: this.deps.clock.now(),
        subject: pool.poolId,
        correlation,
        data: {
          poolId: pool.poolId,
          region: pool.region,
          az: pool.az,
          instanceType: pool.instanceType,
          spotUsdPerHour: sighting.usdPerHour,
          previousUsdPerHour: present.inForce?.usdPerHour ?? null,
          onDemandUsdPerHour: pool.onDemand?.usdPerHour ?? null,
          onDemandSource: pool.onDemand?.source ?? null,
          source: sighting.source,
          observedAt: sighting.observedAt.toISOString(),
        },
      }),
    );
  }
}
