import type { Tx } from '@spotopt/kernel';
import {
  changeRows,
  forUpdate,
  idColumn,
  insertMissing,
  instantColumn,
  managerOf,
} from '@spotopt/persistence';
import { Entity, LessThan, PrimaryColumn } from 'typeorm';
import { type StaleRange, StaleStore } from './ports.js';

@Entity('series_stale')
export class SeriesStaleRow {
  @PrimaryColumn(instantColumn({ name: 'from_at' })) fromAt!: Date;
  @PrimaryColumn(idColumn({ name: 'pool_id' })) poolId!: string;
  @PrimaryColumn(instantColumn({ name: 'until_at' })) untilAt!: Date;
}

const KEY = ['from_at', 'pool_id', 'until_at'];
const CHUNK = 1_000;

export class SqlStaleStore extends StaleStore {
  override async mark(tx: Tx, ranges: readonly StaleRange[]): Promise<void> {
    const rows = new Map(ranges.map((range) => [keyOf(range), toRow(range)]));
    // In one order for everybody, so that writers who mark the same pools do not wait for each other in a circle.
    const ordered = [...rows.keys()].sort().flatMap((key) => rows.get(key) ?? []);
    for (let start = 0; start < ordered.length; start += CHUNK) {
      await insertMissing(tx, SeriesStaleRow, KEY, ordered.slice(start, start + CHUNK));
    }
  }

  override async take(
    tx: Tx,
    before: Date,
    { skip, limit }: { readonly skip: number; readonly limit: number },
  ): Promise<StaleRange[]> {
    const query = managerOf(tx)
      .createQueryBuilder(SeriesStaleRow, 'stale')
      .where({ fromAt: LessThan(before) })
      .orderBy('stale.fromAt')
      .addOrderBy('stale.poolId')
      .addOrderBy('stale.untilAt')
      .offset(skip)
      .limit(limit);
    const rows = await forUpdate(tx, query).getMany();
    return rows.map(({ poolId, fromAt, untilAt }) => ({ poolId, from: fromAt, until: untilAt }));
  }

  override async clear(tx: Tx, ranges: readonly StaleRange[]): Promise<void> {
    const bySpan = Map.groupBy(ranges, ({ from, until }) => `${from.toISOString()} ${until.toISOString()}`);
    for (const group of bySpan.values()) {
      const [first] = group;
      if (first === undefined) continue;
      for (let start = 0; start < group.length; start += CHUNK) {
        const poolIds = group.slice(start, start + CHUNK).map(({ poolId }) => poolId);
        await changeRows(
          tx,
          `DELETE FROM series_stale
           WHERE from_at = ? AND pool_id IN (${poolIds.map(() => '?').join(', ')}) AND until_at = ?`,
          [first.from, ...poolIds, first.until],
        );
      }
    }
  }
}

function keyOf({ poolId, from, until }: StaleRange): string {
  return `${from.toISOString()} ${poolId} ${until.toISOString()}`;
}

function toRow({ poolId, from, until }: StaleRange): Partial<SeriesStaleRow> {
  return { poolId, fromAt: from, untilAt: until };
}
