import { FillMethod, PriceSource, SeriesSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  changeRows,
  doubleColumn,
  idColumn,
  instantColumn,
  instantOf,
  jsonColumn,
  moneyColumn,
  selectRows,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { z } from 'zod';
import type { Fill, OtherReport, SeriesBucket } from './bucket.js';
import { SeriesStore, type Span } from './ports.js';

@Entity('series_price')
export class SeriesPriceRow {
  @PrimaryColumn(idColumn({ name: 'pool_id' })) poolId!: string;
  @PrimaryColumn(instantColumn({ name: 'bucket_at' })) bucketAt!: Date;
  @Column(moneyColumn({ name: 'usd_per_hour' })) usdPerHour!: number;
  @Column(stringColumn(32)) source!: string;
  @Column(doubleColumn()) confidence!: number;
  /** Null for what was measured. */
  @Column(jsonColumn({ nullable: true })) fill!: unknown;
  @Column(stringColumn(32, { name: 'other_source', nullable: true })) otherSource!: string | null;
  @Column(moneyColumn({ name: 'other_usd_per_hour', nullable: true })) otherUsdPerHour!: number | null;
  @Column(doubleColumn({ name: 'difference_percent', nullable: true })) differencePercent!: number | null;
}

/** As a plain SELECT gives it. */
interface RawRow {
  readonly pool_id: string;
  readonly bucket_at: unknown;
  readonly usd_per_hour: number | string;
  readonly source: string;
  readonly confidence: number;
  readonly fill: string | null;
  readonly other_source: string | null;
  readonly other_usd_per_hour: number | string | null;
  readonly difference_percent: number | null;
}

const COLUMNS =
  'pool_id, bucket_at, usd_per_hour, source, confidence, fill, other_source, other_usd_per_hour, difference_percent';
const PLACEHOLDERS = '(?, ?, ?, ?, ?, ?, ?, ?, ?)';
/** Rows per statement; SQLite binds at most 32,766 values. */
const CHUNK = 1_000;

const Edge = z.object({ at: z.coerce.date(), usdPerHour: z.number() });
const StoredFill = z.object({
  method: FillMethod,
  gapBuckets: z.number(),
  before: Edge,
  after: Edge,
  peers: z.array(z.string()),
});

export class SqlSeriesStore extends SeriesStore {
  override range(tx: Tx, poolId: string, from: Date, until: Date): Promise<SeriesBucket[]> {
    return this.rangeOf(tx, [poolId], { from, until });
  }

  override async rangeOf(tx: Tx, poolIds: readonly string[], span: Span): Promise<SeriesBucket[]> {
    if (poolIds.length === 0) return [];
    const rows = await selectRows<RawRow>(
      tx,
      `SELECT ${COLUMNS} FROM series_price
       WHERE pool_id IN (${listOf(poolIds)}) AND bucket_at >= ? AND bucket_at < ?
       ORDER BY pool_id, bucket_at`,
      [...poolIds, span.from, span.until],
    );
    return rows.map(toBucket);
  }

  override async lastBefore(tx: Tx, poolId: string, at: Date): Promise<SeriesBucket | null> {
    const [row] = await selectRows<RawRow>(
      tx,
      `SELECT ${COLUMNS} FROM series_price WHERE pool_id = ? AND bucket_at < ?
       ORDER BY bucket_at DESC LIMIT 1`,
      [poolId, at],
    );
    return row === undefined ? null : toBucket(row);
  }

  override async poolsWithin(tx: Tx, poolIds: readonly string[], span: Span): Promise<Set<string>> {
    if (poolIds.length === 0) return new Set();
    const rows = await selectRows<{ pool_id: string }>(
      tx,
      `SELECT DISTINCT pool_id FROM series_price
       WHERE pool_id IN (${listOf(poolIds)}) AND bucket_at >= ? AND bucket_at < ?`,
      [...poolIds, span.from, span.until],
    );
    return new Set(rows.map((row) => row.pool_id));
  }

  override async countMeasured(tx: Tx, { from, until }: Span): Promise<Map<string, number>> {
    const rows = await selectRows<{ pool_id: string; n: number | string }>(
      tx,
      `SELECT pool_id, COUNT(*) AS n FROM series_price
       WHERE bucket_at >= ? AND bucket_at < ? AND source <> 'interpolated' GROUP BY pool_id`,
      [from, until],
    );
    return new Map(rows.map((row) => [row.pool_id, Number(row.n)]));
  }

  override async remove(
    tx: Tx,
    buckets: readonly Pick<SeriesBucket, 'poolId' | 'bucketAt'>[],
  ): Promise<void> {
    const byPool = Map.groupBy(buckets, ({ poolId }) => poolId);
    for (const [poolId, ofPool] of byPool) {
      for (let start = 0; start < ofPool.length; start += CHUNK) {
        const times = ofPool.slice(start, start + CHUNK).map(({ bucketAt }) => bucketAt);
        const sql = `DELETE FROM series_price WHERE pool_id = ? AND bucket_at IN (${listOf(times)})`;
        await changeRows(tx, sql, [poolId, ...times]);
      }
    }
  }

  override async add(tx: Tx, buckets: readonly SeriesBucket[]): Promise<void> {
    for (let start = 0; start < buckets.length; start += CHUNK) {
      const chunk = buckets.slice(start, start + CHUNK);
      const sql = `INSERT INTO series_price (${COLUMNS}) VALUES ${chunk.map(() => PLACEHOLDERS).join(', ')}`;
      await changeRows(tx, sql, chunk.flatMap(valuesOf));
    }
  }
}

function listOf(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

function toBucket(row: RawRow): SeriesBucket {
  return {
    poolId: row.pool_id,
    bucketAt: instantOf(row.bucket_at),
    usdPerHour: Number(row.usd_per_hour),
    source: SeriesSource.parse(row.source),
    confidence: row.confidence,
    fill: row.fill === null ? null : toFill(row.fill),
    other: toOther(row),
  };
}

function toOther(row: RawRow): OtherReport | null {
  const { other_source: source, other_usd_per_hour: usdPerHour, difference_percent: percent } = row;
  if (source === null || usdPerHour === null || percent === null) return null;
  return {
    source: PriceSource.parse(source),
    usdPerHour: Number(usdPerHour),
    differencePercent: percent,
  };
}

/** In the order of COLUMNS. */
function valuesOf(bucket: SeriesBucket): unknown[] {
  const { poolId, bucketAt, usdPerHour, source, confidence, fill, other } = bucket;
  return [
    ...[poolId, bucketAt, usdPerHour, source, confidence, fill === null ? null : JSON.stringify(fill)],
    ...[other?.source ?? null, other?.usdPerHour ?? null, other?.differencePercent ?? null],
  ];
}

function toFill(text: string): Fill {
  return StoredFill.parse(JSON.parse(text));
}
