import { CanonicalRow } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  boolColumn,
  changeRows,
  doubleColumn,
  idColumn,
  instantColumn,
  instantOf,
  intColumn,
  moneyColumn,
  selectRows,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Span } from '../series/ports.js';
import { type CanonicalPrice, type CanonicalQuery, CanonicalStore } from './ports.js';

@Entity('canonical_price')
export class CanonicalPriceRow {
  @PrimaryColumn(idColumn({ name: 'pool_id' })) poolId!: string;
  @PrimaryColumn(instantColumn({ name: 'bucket_at' })) bucketAt!: Date;
  @Column(moneyColumn({ name: 'usd_per_hour' })) usdPerHour!: number;
  @Column(moneyColumn({ name: 'on_demand_usd_per_hour', nullable: true })) onDemandUsdPerHour!: number | null;
  @Column(stringColumn(32)) source!: string;
  @Column(stringColumn(32, { nullable: true })) method!: string | null;
  @Column(doubleColumn()) confidence!: number;
  @Column(doubleColumn({ nullable: true })) volatility!: number | null;
  @Column(intColumn({ name: 'running_instances' })) runningInstances!: number;
  @Column(stringColumn(16, { name: 'notice_status' })) noticeStatus!: string;
  @Column(stringColumn(255, { name: 'termination_reason', nullable: true })) terminationReason!:
    string | null;
  @Column(boolColumn({ name: 'interruption_occurred' })) interruptionOccurred!: boolean;
}

type StoredRow = Readonly<Record<string, unknown>>;

const COLUMNS = [
  ...['pool_id', 'bucket_at', 'usd_per_hour', 'on_demand_usd_per_hour', 'source', 'method', 'confidence'],
  ...['volatility', 'running_instances', 'notice_status', 'termination_reason', 'interruption_occurred'],
];
const LIST = COLUMNS.join(', ');
const PLACEHOLDERS = `(${COLUMNS.map(() => '?').join(', ')})`;
/** Rows per statement; SQLite binds at most 32,766 values. */
const CHUNK = 1_000;
const REASON_LENGTH = 255;

export class SqlCanonicalStore extends CanonicalStore {
  override async range(tx: Tx, poolId: string, { from, until }: Span): Promise<CanonicalPrice[]> {
    const rows = await selectRows<StoredRow>(
      tx,
      `SELECT ${LIST} FROM canonical_price WHERE pool_id = ? AND bucket_at >= ? AND bucket_at < ?
       ORDER BY bucket_at`,
      [poolId, from, until],
    );
    return rows.map(toPrice);
  }

  override async remove(tx: Tx, poolId: string, bucketsAt: readonly Date[]): Promise<void> {
    for (let start = 0; start < bucketsAt.length; start += CHUNK) {
      const chunk = bucketsAt.slice(start, start + CHUNK);
      const sql = `DELETE FROM canonical_price WHERE pool_id = ? AND bucket_at IN (${listOf(chunk)})`;
      await changeRows(tx, sql, [poolId, ...chunk]);
    }
  }

  override async add(tx: Tx, rows: readonly CanonicalPrice[]): Promise<void> {
    for (let start = 0; start < rows.length; start += CHUNK) {
      const chunk = rows.slice(start, start + CHUNK);
      const sql = `INSERT INTO canonical_price (${LIST}) VALUES ${chunk.map(() => PLACEHOLDERS).join(', ')}`;
      await changeRows(tx, sql, chunk.flatMap(valuesOf));
    }
  }

  override async page(tx: Tx, query: CanonicalQuery): Promise<CanonicalPrice[]> {
    const { poolIds, from, until, minConfidence, after, limit } = query;
    if (poolIds?.length === 0) return [];
    const conditions = ['bucket_at >= ?', 'bucket_at < ?', 'confidence >= ?'];
    const values: unknown[] = [from, until, minConfidence];
    if (poolIds !== null) {
      conditions.push(`pool_id IN (${listOf(poolIds)})`);
      values.push(...poolIds);
    }
    if (after !== null) {
      conditions.push('pool_id >= ? AND (pool_id > ? OR bucket_at > ?)');
      values.push(after.poolId, after.poolId, after.bucketAt);
    }
    const rows = await selectRows<StoredRow>(
      tx,
      `SELECT ${LIST} FROM canonical_price WHERE ${conditions.join(' AND ')}
       ORDER BY pool_id, bucket_at LIMIT ${String(limit)}`,
      values,
    );
    return rows.map(toPrice);
  }
}

function listOf(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

/** In the order of COLUMNS. */
function valuesOf(row: CanonicalPrice): unknown[] {
  return [
    ...[row.poolId, row.bucketAt, row.usdPerHour, row.onDemandUsdPerHour, row.source, row.method],
    ...[row.confidence, row.volatility, row.runningInstances, row.noticeStatus],
    row.terminationReason?.slice(0, REASON_LENGTH) ?? null,
    row.interruptionOccurred ? 1 : 0,
  ];
}

function toPrice(row: StoredRow): CanonicalPrice {
  const bucketAt = instantOf(row['bucket_at']);
  const { at: _at, ...price } = CanonicalRow.parse({
    poolId: row['pool_id'],
    at: bucketAt.toISOString(),
    usdPerHour: Number(row['usd_per_hour']),
    onDemandUsdPerHour: row['on_demand_usd_per_hour'] === null ? null : Number(row['on_demand_usd_per_hour']),
    source: row['source'],
    method: row['method'],
    confidence: row['confidence'],
    volatility: row['volatility'],
    runningInstances: row['running_instances'],
    noticeStatus: row['notice_status'],
    terminationReason: row['termination_reason'],
    interruptionOccurred: Boolean(row['interruption_occurred']),
  });
  return { ...price, bucketAt };
}
