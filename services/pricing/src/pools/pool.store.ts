import { OnDemandSource, PriceSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  forUpdate,
  idColumn,
  insertIfAbsent,
  instantColumn,
  intColumn,
  managerOf,
  moneyColumn,
  selectRows,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, In, IsNull, Not, PrimaryColumn } from 'typeorm';
import { displayNameOf } from './pool.js';
import {
  type CurrentPrice,
  type Market,
  type OnDemandPrice,
  PoolStore,
  type PriceSighting,
  type SpotPool,
} from './ports.js';

@Entity('spot_pool')
export class SpotPoolRow {
  @PrimaryColumn(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(stringColumn(32)) region!: string;
  @Column(stringColumn(32)) az!: string;
  @Column(stringColumn(32, { name: 'instance_type' })) instanceType!: string;
  @Column(stringColumn(128)) name!: string;
  @Column(instantColumn({ name: 'first_seen_at' })) firstSeenAt!: Date;
  @Column(moneyColumn({ name: 'on_demand_usd_per_hour', nullable: true })) onDemandUsdPerHour!: number | null;
  @Column(stringColumn(32, { name: 'on_demand_source', nullable: true })) onDemandSource!: string | null;
}

@Entity('current_price')
export class CurrentPriceRow {
  @PrimaryColumn(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(moneyColumn({ name: 'spot_usd_per_hour', nullable: true })) spotUsdPerHour!: number | null;
  @Column(stringColumn(32, { nullable: true })) source!: string | null;
  @Column(instantColumn({ name: 'observed_at', nullable: true })) observedAt!: Date | null;
  @Column(intColumn()) version!: number;
}

export class SqlPoolStore extends PoolStore {
  override async addPools(tx: Tx, pools: readonly SpotPool[], seenAt: Date): Promise<void> {
    const known = await managerOf(tx).find(SpotPoolRow, {
      select: { poolId: true },
      where: { poolId: In(pools.map((pool) => pool.poolId)) },
    });
    const knownIds = new Set(known.map((row) => row.poolId));
    for (const pool of pools.filter(({ poolId }) => !knownIds.has(poolId))) {
      const listed = await listedOnDemand(tx, pool);
      await addPool(tx, listed === null ? pool : { ...pool, onDemand: listed }, seenAt);
    }
  }

  override async findForChange(tx: Tx, poolIds: readonly string[]): Promise<CurrentPrice[]> {
    if (poolIds.length === 0) return [];
    const manager = managerOf(tx);
    const where = { poolId: In([...poolIds]) };
    const pools = await forUpdate(
      tx,
      manager.createQueryBuilder(SpotPoolRow, 'pool').where(where).orderBy('pool.poolId'),
    ).getMany();
    const prices = await forUpdate(
      tx,
      manager.createQueryBuilder(CurrentPriceRow, 'price').where(where).orderBy('price.poolId'),
    ).getMany();
    return joined(prices, pools);
  }

  override async setInForce(tx: Tx, expected: CurrentPrice, sighting: PriceSighting): Promise<boolean> {
    const result = await managerOf(tx)
      .createQueryBuilder()
      .update(CurrentPriceRow)
      .set({
        spotUsdPerHour: sighting.usdPerHour,
        source: sighting.source,
        observedAt: sighting.observedAt,
        version: expected.version + 1,
      })
      .where({ poolId: expected.pool.poolId, version: expected.version })
      .execute();
    return result.affected === 1;
  }

  override async setEstimatedOnDemand(tx: Tx, market: Market, usdPerHour: number): Promise<void> {
    const { region, instanceType } = market;
    const estimate = { onDemandUsdPerHour: usdPerHour, onDemandSource: 'estimated' };
    for (const onDemandSource of [IsNull(), 'estimated']) {
      await managerOf(tx).update(SpotPoolRow, { region, instanceType, onDemandSource }, estimate);
    }
  }

  override async listPoolIds(tx: Tx, market: Market): Promise<string[]> {
    const { region, instanceType } = market;
    const rows = await managerOf(tx).find(SpotPoolRow, {
      select: { poolId: true },
      where: { region, instanceType },
      order: { poolId: 'ASC' },
    });
    return rows.map((row) => row.poolId);
  }

  override async listAllPoolIds(tx: Tx): Promise<string[]> {
    const rows = await selectRows<{ pool_id: string }>(tx, 'SELECT pool_id FROM spot_pool ORDER BY pool_id');
    return rows.map((row) => row.pool_id);
  }

  override async listInForce(
    tx: Tx,
    filter: { readonly region: string | null; readonly instanceType: string | null },
  ): Promise<CurrentPrice[]> {
    const pools = await managerOf(tx).find(SpotPoolRow, {
      where: {
        ...(filter.region === null ? {} : { region: filter.region }),
        ...(filter.instanceType === null ? {} : { instanceType: filter.instanceType }),
      },
    });
    const prices = await managerOf(tx).find(CurrentPriceRow, {
      where: { poolId: In(pools.map((pool) => pool.poolId)), spotUsdPerHour: Not(IsNull()) },
      order: { spotUsdPerHour: 'ASC', poolId: 'ASC' },
    });
    return joined(prices, pools);
  }

  override async coverage(tx: Tx): Promise<{ pools: number; latestObservedAt: Date | null }> {
    const manager = managerOf(tx);
    const pools = await manager.countBy(CurrentPriceRow, { observedAt: Not(IsNull()) });
    const [latest] = await manager.find(CurrentPriceRow, {
      where: { observedAt: Not(IsNull()) },
      order: { observedAt: 'DESC' },
      take: 1,
    });
    return { pools, latestObservedAt: latest?.observedAt ?? null };
  }
}

/** What the price list said of the other pools of the market: it is one price for all zones. */
async function listedOnDemand(tx: Tx, { region, instanceType }: Market): Promise<OnDemandPrice | null> {
  const source = 'price-list';
  const sibling = await managerOf(tx).findOneBy(SpotPoolRow, {
    region,
    instanceType,
    onDemandSource: source,
  });
  const usdPerHour = sibling?.onDemandUsdPerHour ?? null;
  return usdPerHour === null ? null : { usdPerHour, source };
}

async function addPool(tx: Tx, pool: SpotPool, seenAt: Date): Promise<void> {
  const { poolId, region, az, instanceType, onDemand } = pool;
  await insertIfAbsent(tx, SpotPoolRow, {
    poolId,
    region,
    az,
    instanceType,
    name: displayNameOf(pool),
    firstSeenAt: seenAt,
    onDemandUsdPerHour: onDemand?.usdPerHour ?? null,
    onDemandSource: onDemand?.source ?? null,
  });
  await insertIfAbsent(tx, CurrentPriceRow, {
    poolId,
    spotUsdPerHour: null,
    source: null,
    observedAt: null,
    version: 0,
  });
}

function joined(prices: readonly CurrentPriceRow[], pools: readonly SpotPoolRow[]): CurrentPrice[] {
  const byId = new Map(pools.map((pool) => [pool.poolId, pool]));
  return prices.flatMap((price) => {
    const pool = byId.get(price.poolId);
    return pool === undefined ? [] : [toCurrentPrice(price, pool)];
  });
}

function toCurrentPrice(row: CurrentPriceRow, pool: SpotPoolRow): CurrentPrice {
  const { spotUsdPerHour, source, observedAt } = row;
  const isKnown = spotUsdPerHour !== null && source !== null && observedAt !== null;
  return {
    pool: {
      poolId: pool.poolId,
      region: pool.region,
      az: pool.az,
      instanceType: pool.instanceType,
      onDemand: onDemandOf(pool),
    },
    inForce: isKnown
      ? { poolId: row.poolId, usdPerHour: spotUsdPerHour, source: PriceSource.parse(source), observedAt }
      : null,
    version: row.version,
  };
}

function onDemandOf({ onDemandUsdPerHour, onDemandSource }: SpotPoolRow): OnDemandPrice | null {
  if (onDemandUsdPerHour === null) return null;
  return { usdPerHour: onDemandUsdPerHour, source: OnDemandSource.parse(onDemandSource) };
}
