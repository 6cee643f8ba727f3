import type { PriceWatchers } from '../alerts/ports.js';
import { createEvent, SpotPriceChangedV1 } from '@spotopt/contracts';
import { AppError, type Clock, type Ids, type Outbox, type Tx } from '@spotopt/kernel';
import { cataloguePriceOf } from './on-demand.js';
import { newestPerPool, type PriceSighting, type RawPrice, spotPoolOf, supersedes } from './pool.js';
import { BUCKET_MS, bucketOf, type StaleRange, type StaleStore } from '../series/ports.js';
import { type CurrentPrice, type PoolStore, PriceBook, type RawPriceStore } from './ports.js';

export interface PriceBookDeps {
  readonly pools: PoolStore;
  readonly raw: RawPriceStore;
  readonly stale: StaleStore;
  readonly watchers: PriceWatchers;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

export class StoredPriceBook extends PriceBook {
  constructor(private readonly deps: PriceBookDeps) {
    super();
  }

  override async keep(tx: Tx, rows: readonly RawPrice[], readUntil: Date | null = null): Promise<void> {
    const poolIds = [...new Set(rows.map((row) => row.poolId))].sort();
    const pools = poolIds.map((poolId) => {
      const pool = spotPoolOf(poolId, null);
      return { ...pool, onDemand: cataloguePriceOf(pool.region, pool.instanceType) };
    });
    await this.deps.pools.addPools(tx, pools, this.deps.clock.now());
    const added = await this.deps.raw.add(tx, rows);
    await this.deps.stale.mark(
      tx,
      added.flatMap((row) => staleRangeOf(row, readUntil) ?? []),
    );
  }

  override async bringIntoForce(
    tx: Tx,
    sightings: Iterable<PriceSighting>,
    correlationOf: (sighting: PriceSighting) => string | undefined = () => undefined,
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
        await this.#announce(tx, present, sighting, correlationOf(sighting));
        await this.deps.watchers.priceInForce(tx, sighting);
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

/**
 * What a new price changes: a report its bucket; a change in AWS's history everything from it to where the history
 * had been read before, since what comes later is marked when the reading gets there.
 */
function staleRangeOf({ poolId, source, observedAt }: RawPrice, readUntil: Date | null): StaleRange | null {
  const fromMs = bucketOf(observedAt.getTime());
  const untilMs =
    source === 'spot-price-history' ? bucketOf(readUntil?.getTime() ?? fromMs) : fromMs + BUCKET_MS;
  return untilMs <= fromMs ? null : { poolId, from: new Date(fromMs), until: new Date(untilMs) };
}
