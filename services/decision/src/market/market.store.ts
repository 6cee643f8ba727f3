import { OnDemandSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  idColumn,
  insertIfAbsent,
  instantColumn,
  intColumn,
  managerOf,
  moneyColumn,
  stringColumn,
  withoutDuplicate,
} from '@spotopt/persistence';
import { Between, Column, Entity, In, IsNull, LessThan, MoreThanOrEqual, PrimaryColumn } from 'typeorm';
import {
  type Market,
  type MarketState,
  MarketStore,
  type PoolPrice,
  type PricePointOfPool,
} from './ports.js';

@Entity('market')
export class MarketRow {
  @PrimaryColumn(stringColumn(64)) region!: string;
  @PrimaryColumn(stringColumn(64, { name: 'instance_type' })) instanceType!: string;
  @Column(instantColumn({ name: 'read_until', nullable: true })) readUntil!: Date | null;
  @Column(instantColumn({ name: 'refreshed_at', nullable: true })) refreshedAt!: Date | null;
}

@Entity('market_pool')
export class MarketPoolRow {
  @PrimaryColumn(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(stringColumn(64)) region!: string;
  @Column(stringColumn(64)) az!: string;
  @Column(stringColumn(64, { name: 'instance_type' })) instanceType!: string;
  @Column(moneyColumn({ name: 'usd_per_hour' })) usdPerHour!: number;
  @Column(instantColumn({ name: 'observed_at' })) observedAt!: Date;
  @Column(moneyColumn({ name: 'on_demand_usd_per_hour', nullable: true })) onDemandUsdPerHour!: number | null;
  @Column(stringColumn(32, { name: 'on_demand_source', nullable: true })) onDemandSource!: string | null;
  @Column(intColumn({ name: 'advisor_bucket', nullable: true })) advisorBucket!: number | null;
  @Column(intColumn({ name: 'placement_score', nullable: true })) placementScore!: number | null;
}

@Entity('price_point')
export class PricePointRow {
  @PrimaryColumn(idColumn({ name: 'pool_id' })) poolId!: string;
  @PrimaryColumn(instantColumn()) at!: Date;
  @Column(moneyColumn({ name: 'usd_per_hour' })) usdPerHour!: number;
}

const CHUNK = 500;

export class SqlMarketStore extends MarketStore {
  override async savePrice(tx: Tx, price: PoolPrice): Promise<void> {
    await this.addPoints(tx, [{ poolId: price.poolId, at: price.observedAt, usdPerHour: price.usdPerHour }]);
    if (await insertIfAbsent(tx, MarketPoolRow, price)) return;
    const { poolId, usdPerHour, observedAt, onDemandUsdPerHour, onDemandSource } = price;
    const { advisorBucket, placementScore } = price;
    const manager = managerOf(tx);
    await manager.update(
      MarketPoolRow,
      { poolId, observedAt: LessThan(observedAt) },
      { usdPerHour, observedAt },
    );
    if (advisorBucket !== null) await manager.update(MarketPoolRow, { poolId }, { advisorBucket });
    if (placementScore !== null) await manager.update(MarketPoolRow, { poolId }, { placementScore });
    if (onDemandUsdPerHour === null) return;
    await manager.update(MarketPoolRow, { poolId }, { onDemandUsdPerHour, onDemandSource });
  }

  override async addPoints(tx: Tx, points: readonly PricePointOfPool[]): Promise<void> {
    for (let start = 0; start < points.length; start += CHUNK) {
      await addChunk(tx, points.slice(start, start + CHUNK));
    }
  }

  override async setReadUntil(tx: Tx, market: Market, readUntil: Date): Promise<void> {
    const { region, instanceType } = market;
    if (await insertIfAbsent(tx, MarketRow, { region, instanceType, readUntil, refreshedAt: null })) return;
    for (const before of [IsNull(), LessThan(readUntil)]) {
      await managerOf(tx).update(MarketRow, { region, instanceType, readUntil: before }, { readUntil });
    }
  }

  override async setRefreshed(tx: Tx, market: Market, at: Date | null): Promise<void> {
    const { region, instanceType } = market;
    const row = { region, instanceType, readUntil: null, refreshedAt: at };
    if (await insertIfAbsent(tx, MarketRow, row)) return;
    await managerOf(tx).update(MarketRow, { region, instanceType }, { refreshedAt: at });
  }

  override async find(tx: Tx, market: Market): Promise<MarketState | null> {
    const { region, instanceType } = market;
    const row = await managerOf(tx).findOneBy(MarketRow, { region, instanceType });
    return row === null ? null : { ...row };
  }

  override async listMarkets(tx: Tx): Promise<Market[]> {
    const rows = await managerOf(tx).find(MarketRow, { order: { region: 'ASC', instanceType: 'ASC' } });
    return rows.map(({ region, instanceType }) => ({ region, instanceType }));
  }

  override async listPools(tx: Tx, market: Market): Promise<PoolPrice[]> {
    const { region, instanceType } = market;
    const rows = await managerOf(tx).find(MarketPoolRow, {
      where: { region, instanceType },
      order: { poolId: 'ASC' },
    });
    return rows.map((row) => ({
      ...row,
      onDemandSource: row.onDemandSource === null ? null : OnDemandSource.parse(row.onDemandSource),
    }));
  }

  override async listPoints(tx: Tx, poolIds: readonly string[], since: Date): Promise<PricePointOfPool[]> {
    const rows = await managerOf(tx).find(PricePointRow, {
      where: { poolId: In([...poolIds]), at: MoreThanOrEqual(since) },
      order: { at: 'ASC', poolId: 'ASC' },
    });
    return rows.map(({ poolId, at, usdPerHour }) => ({ poolId, at, usdPerHour }));
  }
}

async function addChunk(tx: Tx, points: readonly PricePointOfPool[]): Promise<void> {
  const keyOf = ({ poolId, at }: PricePointOfPool): string => `${poolId} ${String(at.getTime())}`;
  const times = points.map((point) => point.at.getTime());
  const stored = await managerOf(tx).find(PricePointRow, {
    where: {
      poolId: In([...new Set(points.map((point) => point.poolId))]),
      at: Between(new Date(Math.min(...times)), new Date(Math.max(...times))),
    },
  });
  const known = new Set(stored.map(keyOf));
  const missing = [...new Map(points.map((point) => [keyOf(point), point])).entries()].flatMap(
    ([key, point]) => (known.has(key) ? [] : [{ ...point }]),
  );
  if (missing.length === 0) return;
  const alone = await withoutDuplicate(() => managerOf(tx).insert(PricePointRow, missing));
  if (alone) return;
  for (const point of missing) await insertIfAbsent(tx, PricePointRow, point);
}
