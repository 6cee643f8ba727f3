import { PriceSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  idColumn,
  insertMissing,
  instantColumn,
  instantOf,
  managerOf,
  moneyColumn,
  selectRows,
  stringColumn,
} from '@spotopt/persistence';
import { Between, Column, Entity, LessThanOrEqual, MoreThanOrEqual, PrimaryColumn } from 'typeorm';
import {
  type PriceSighting,
  type RawPrice,
  type RawPriceFilter,
  RawPriceStore,
  type ReportedPrice,
  type StepPrice,
} from './ports.js';

const ReportSource = PriceSource.exclude(['spot-price-history']);

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
const KEY = ['pool_id', 'observed_at', 'source', 'reported_by'];

interface SelectedPrice {
  readonly pool_id: string;
  readonly observed_at: unknown;
  readonly spot_usd_per_hour: number | string;
  readonly source: string;
}

export class SqlRawPriceStore extends RawPriceStore {
  override async add(tx: Tx, rows: readonly RawPrice[]): Promise<RawPrice[]> {
    const distinct = [...new Map(rows.map((row) => [keyOf(row), row])).values()];
    const added: RawPrice[] = [];
    for (let start = 0; start < distinct.length; start += CHUNK) {
      added.push(...(await addChunk(tx, distinct.slice(start, start + CHUNK))));
    }
    return added;
  }

  override async observationsOf(
    tx: Tx,
    poolIds: readonly string[],
    span: { readonly from: Date; readonly until: Date },
  ): Promise<ReportedPrice[]> {
    if (poolIds.length === 0) return [];
    const rows = await selectRows<SelectedPrice>(
      tx,
      `SELECT pool_id, observed_at, spot_usd_per_hour, source FROM raw_price
       WHERE pool_id IN (${listOf(poolIds)}) AND observed_at >= ? AND observed_at < ?
         AND source <> 'spot-price-history'`,
      [...poolIds, span.from, span.until],
    );
    return rows.map((row) => ({ ...toStep(row), source: ReportSource.parse(row.source) }));
  }

  override async stepsOf(
    tx: Tx,
    poolIds: readonly string[],
    { from, until }: { readonly from: Date; readonly until: Date },
  ): Promise<StepPrice[]> {
    if (poolIds.length === 0) return [];
    const columns = 'raw.pool_id, raw.observed_at, raw.spot_usd_per_hour';
    const rows = await selectRows<SelectedPrice>(
      tx,
      `SELECT ${columns} FROM raw_price raw JOIN (
         SELECT pool_id, MAX(observed_at) AS last_at FROM raw_price
         WHERE pool_id IN (${listOf(poolIds)}) AND source = 'spot-price-history' AND observed_at < ?
         GROUP BY pool_id
       ) newest ON raw.pool_id = newest.pool_id AND raw.observed_at = newest.last_at
       WHERE raw.source = 'spot-price-history'
       UNION ALL
       SELECT ${columns} FROM raw_price raw
       WHERE raw.pool_id IN (${listOf(poolIds)}) AND raw.source = 'spot-price-history'
         AND raw.observed_at >= ? AND raw.observed_at < ?`,
      [...poolIds, from, ...poolIds, from, until],
    );
    return rows.map(toStep).sort((a, b) => a.atMs - b.atMs);
  }

  override async firstAt(tx: Tx, poolId: string): Promise<Date | null> {
    const [row] = await selectRows<{ at: unknown }>(
      tx,
      'SELECT observed_at AS at FROM raw_price WHERE pool_id = ? ORDER BY observed_at LIMIT 1',
      [poolId],
    );
    return row === undefined ? null : instantOf(row.at);
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

async function addChunk(tx: Tx, rows: readonly RawPrice[]): Promise<RawPrice[]> {
  const keys = rows.map(() => '(?, ?, ?, ?)').join(', ');
  const stored = await selectRows<SelectedPrice & { reported_by: string }>(
    tx,
    `SELECT ${KEY.join(', ')} FROM raw_price WHERE (${KEY.join(', ')}) IN (${keys})`,
    rows.flatMap(({ poolId, observedAt, source, reportedBy }) => [poolId, observedAt, source, reportedBy]),
  );
  const storedKeys = new Set(
    stored.map((row) =>
      keyOf({
        poolId: row.pool_id,
        observedAt: instantOf(row.observed_at),
        source: PriceSource.parse(row.source),
        reportedBy: row.reported_by,
      }),
    ),
  );
  const missing = rows.filter((row) => !storedKeys.has(keyOf(row)));
  await insertMissing(tx, RawPriceRow, KEY, missing.map(toRow));
  return missing;
}

function listOf(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

function toStep(row: SelectedPrice): StepPrice {
  return {
    poolId: row.pool_id,
    atMs: instantOf(row.observed_at).getTime(),
    usdPerHour: Number(row.spot_usd_per_hour),
  };
}

type Key = Pick<RawPrice, 'poolId' | 'observedAt' | 'source' | 'reportedBy'>;

function keyOf(key: Key): string {
  return `${key.poolId} ${String(key.observedAt.getTime())} ${key.source} ${key.reportedBy}`;
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
