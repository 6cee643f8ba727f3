import type { Tx } from '@spotopt/kernel';
import {
  changeRows,
  doubleColumn,
  idColumn,
  instantColumn,
  insertRows,
  managerOf,
  moneyColumn,
  selectRows,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, LessThan, PrimaryColumn } from 'typeorm';
import { dayOf } from './day.js';
import { type MicroUsd, microUsdOf } from './money.js';
import { type DayRange, type SettledCost, SettledCostStore } from './ports.js';
import { whereOf } from './scope-sql.store.js';

/** The feed knows spot machines only, and is written while the hours are still being charged. */
const MORE_COMPLETE = 'cost-and-usage-report';

@Entity('settled_cost')
export class SettledCostRow {
  @PrimaryColumn(idColumn({ name: 'client_id' })) clientId!: string;
  @PrimaryColumn(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @PrimaryColumn(instantColumn({ name: 'hour_at' })) hourAt!: Date;
  @PrimaryColumn(stringColumn(32)) source!: string;
  /** Of the hour: what is read is read by day. */
  @Column(stringColumn(10)) day!: string;
  @Column(moneyColumn()) usd!: number;
  @Column(doubleColumn({ nullable: true })) hours!: number | null;
  @Column(idColumn({ name: 'import_id' })) importId!: string;
  @Column(instantColumn({ name: 'imported_at' })) importedAt!: Date;
}

export class SqlSettledCostStore extends SettledCostStore {
  override async save(tx: Tx, cost: SettledCost): Promise<void> {
    const { clientId, ec2InstanceId, hourAt, source } = cost;
    await managerOf(tx).delete(SettledCostRow, { clientId, ec2InstanceId, hourAt, source });
    await insertRows(tx, SettledCostRow, { ...cost, day: dayOf(hourAt.getTime()) });
  }

  override async sumByDay(tx: Tx, range: DayRange): Promise<{ day: string; microUsd: MicroUsd }[]> {
    const { sql, parameters } = whereOf(range);
    const charged = whereOf({ ...range, agentId: null });
    // A machine has several lines on a day and one charge: the more complete report's, where there are two.
    const rows = await selectRows<{ day: string; machines: number; settled: number; usd: unknown }>(
      tx,
      `SELECT used.day AS day, COUNT(*) AS machines, COUNT(cost.usd) AS settled, SUM(cost.usd) AS usd
       FROM (SELECT DISTINCT client_id, ec2_instance_id, day FROM ledger_line WHERE ${sql}) used
       LEFT JOIN (
         SELECT client_id, ec2_instance_id, day,
           COALESCE(SUM(CASE WHEN source = '${MORE_COMPLETE}' THEN usd END), SUM(usd)) AS usd
         FROM settled_cost WHERE ${charged.sql} GROUP BY client_id, ec2_instance_id, day
       ) cost ON cost.client_id = used.client_id
         AND cost.ec2_instance_id = used.ec2_instance_id AND cost.day = used.day
       GROUP BY used.day`,
      [...parameters, ...charged.parameters],
    );
    return rows
      .filter((row) => Number(row.machines) === Number(row.settled))
      .map((row) => ({ day: row.day, microUsd: microUsdOf(Number(row.usd)) }));
  }

  override async deleteBefore(tx: Tx, day: string, limit: number): Promise<number> {
    const old = await managerOf(tx).find(SettledCostRow, {
      where: { day: LessThan(day) },
      order: { day: 'ASC' },
      take: limit,
    });
    for (const row of old) {
      await changeRows(
        tx,
        'DELETE FROM settled_cost WHERE client_id = ? AND ec2_instance_id = ? AND hour_at = ? AND source = ?',
        [row.clientId, row.ec2InstanceId, row.hourAt, row.source],
      );
    }
    return old.length;
  }
}
