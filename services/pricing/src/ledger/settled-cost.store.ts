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
import { type MicroUsd, microUsdOf } from './money.js';
import { type DayRange, type SettledCost, SettledCostStore } from './ports.js';
import { whereOf } from './scope-sql.store.js';

@Entity('settled_cost')
export class SettledCostRow {
  @PrimaryColumn(idColumn({ name: 'client_id' })) clientId!: string;
  @PrimaryColumn(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @PrimaryColumn(stringColumn(10)) day!: string;
  @Column(moneyColumn()) usd!: number;
  @Column(doubleColumn({ nullable: true })) hours!: number | null;
  @Column(stringColumn(32)) source!: string;
  @Column(idColumn({ name: 'import_id' })) importId!: string;
  @Column(instantColumn({ name: 'imported_at' })) importedAt!: Date;
}

export class SqlSettledCostStore extends SettledCostStore {
  override async save(tx: Tx, cost: SettledCost): Promise<void> {
    const { clientId, ec2InstanceId, day } = cost;
    await managerOf(tx).delete(SettledCostRow, { clientId, ec2InstanceId, day });
    await insertRows(tx, SettledCostRow, cost);
  }

  override async sumByDay(tx: Tx, range: DayRange): Promise<{ day: string; microUsd: MicroUsd }[]> {
    const { sql, parameters } = whereOf(range);
    // A machine has several lines on a day and one charge.
    const rows = await selectRows<{ day: string; machines: number; settled: number; usd: unknown }>(
      tx,
      `SELECT used.day AS day, COUNT(*) AS machines, COUNT(cost.usd) AS settled, SUM(cost.usd) AS usd
       FROM (SELECT DISTINCT client_id, ec2_instance_id, day FROM ledger_line WHERE ${sql}) used
       LEFT JOIN settled_cost cost ON cost.client_id = used.client_id
         AND cost.ec2_instance_id = used.ec2_instance_id AND cost.day = used.day
       GROUP BY used.day`,
      parameters,
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
        'DELETE FROM settled_cost WHERE client_id = ? AND ec2_instance_id = ? AND day = ?',
        [row.clientId, row.ec2InstanceId, row.day],
      );
    }
    return old.length;
  }
}
