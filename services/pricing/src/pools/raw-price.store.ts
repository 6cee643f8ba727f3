import { PriceSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  idColumn,
  insertIfAbsent,
  instantColumn,
  managerOf,
  moneyColumn,
  stringColumn,
  withoutDuplicate,
} from '@spotopt/persistence';
import { Between, Column, Entity, In, LessThanOrEqual, MoreThanOrEqual, PrimaryColumn } from 'typeorm';
import { type PriceSighting, type RawPrice, type RawPriceFilter, RawPriceStore } from './ports.js';

/** The key is what makes two sightings the same one. */
@Entity('raw_price')
export class RawPriceRow {
  @PrimaryColumn(idColumn({ name: 'pool_id' })) poolId!: string;
  @PrimaryColumn(instantColumn({ name: 'observed_at' })) observedAt!: Date;
  @PrimaryColumn(stringColumn(32)) source!: string;
  @PrimaryColumn(idColumn({ name: 'reported_by' })) reportedBy!: string;
  @Column(moneyColumn({ name: 'spot_usd_per_hour' })) spotUsdPerHour!: number;
  @Column(instantColumn({ name: 'received_at' })) receivedAt!: Date;
  @Column(idColumn({ name: 'report_id', nullable: true })) reportId!: string | null;
}

/** Rows per statement; SQLite binds at most 32,766 values. */
const CHUNK = 500;

export class SqlRawPriceStore extends RawPriceStore {
  override async add(tx: Tx, rows: readonly RawPrice[]): Promise<void> {
    const distinct = [...new Map(rows.map((row) => [keyOf(row), row])).values()];
    for (let start = 0; start < distinct.length; start += CHUNK) {
      await addChunk(tx, distinct.slice(start, start + CHUNK));
    }
  }

  override async newest(tx: Tx, poolIds: readonly string[], source: PriceSource): Promise<PriceSighting[]> {
    const newest: PriceSighting[] = [];
    for (const poolId of poolIds) {
      const rows = await managerOf(tx).find(RawPriceRow, {
        where: { poolId, source },
        order: { observedAt: 'DESC' },
        take: 1,
      });
      newest.push(...rows.map(toSighting));
    }
    return newest;
  }

  override async list(tx: Tx, filter: RawPriceFilter): Promise<{ prices: PriceSighting[]; total: number }> {
    const { poolId, source, from, to, limit, offset } = filter;
    const [rows, total] = await managerOf(tx).findAndCount(RawPriceRow, {
      where: {
        poolId,
        ...(source === null ? {} : { source }),
        ...(from !== null && to !== null ? { observedAt: Between(from, to) } : {}),
        ...(from !== null && to === null ? { observedAt: MoreThanOrEqual(from) } : {}),
        ...(from === null && to !== null ? { observedAt: LessThanOrEqual(to) } : {}),
      },
      order: { observedAt: 'ASC', source: 'ASC', reportedBy: 'ASC' },
      take: limit,
      skip: offset,
    });
    return { prices: rows.map(toSighting), total };
  }

  override count(tx: Tx): Promise<number> {
    return managerOf(tx).count(RawPriceRow);
  }
}

async function addChunk(tx: Tx, rows: readonly RawPrice[]): Promise<void> {
  const times = rows.map((row) => row.observedAt.getTime());
  const stored = await managerOf(tx).find(RawPriceRow, {
    where: {
      poolId: In([...new Set(rows.map((row) => row.poolId))]),
      observedAt: Between(new Date(Math.min(...times)), new Date(Math.max(...times))),
    },
  });
  const storedKeys = new Set(stored.map((row) => keyOf(toKey(row))));
  const missing = rows.filter((row) => !storedKeys.has(keyOf(row))).map(toRow);
  if (missing.length === 0) return;
  const alone = await withoutDuplicate(() => managerOf(tx).insert(RawPriceRow, missing));
  if (alone) return;
  // Somebody else is storing the same prices: the statement did nothing, so row by row.
  for (const row of missing) await insertIfAbsent(tx, RawPriceRow, row);
}

type Key = Pick<RawPrice, 'poolId' | 'observedAt' | 'source' | 'reportedBy'>;

function keyOf(key: Key): string {
  return `${key.poolId} ${String(key.observedAt.getTime())} ${key.source} ${key.reportedBy}`;
}

function toKey(row: RawPriceRow): Key {
  const { poolId, observedAt, reportedBy } = row;
  return { poolId, observedAt, reportedBy, source: PriceSource.parse(row.source) };
}

function toRow(price: RawPrice): Partial<RawPriceRow> {
  const { usdPerHour, ...rest } = price;
  return { ...rest, spotUsdPerHour: usdPerHour };
}

function toSighting(row: RawPriceRow): PriceSighting {
  return {
    poolId: row.poolId,
    usdPerHour: row.spotUsdPerHour,
    source: PriceSource.parse(row.source),
    observedAt: row.observedAt,
  };
}
