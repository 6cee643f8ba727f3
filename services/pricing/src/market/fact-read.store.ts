import type { Tx } from '@spotopt/kernel';
import {
  insertIfAbsent,
  instantColumn,
  intColumn,
  managerOf,
  stringColumn,
  updateRows,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type FactKind, type FactRead, FactReadStore } from './ports.js';

@Entity('market_fact_read')
export class MarketFactReadRow {
  @PrimaryColumn(stringColumn(16)) kind!: FactKind;
  @PrimaryColumn(stringColumn(32)) region!: string;
  @PrimaryColumn(stringColumn(32, { name: 'instance_type' })) instanceType!: string;
  @Column(intColumn()) failures!: number;
  @Column(stringColumn(64, { nullable: true })) problem!: string | null;
  @Column(instantColumn({ name: 'tried_at' })) triedAt!: Date;
  @Column(instantColumn({ name: 'due_at' })) dueAt!: Date;
}

export class SqlFactReadStore extends FactReadStore {
  override async list(tx: Tx, kind: FactKind): Promise<FactRead[]> {
    const rows = await managerOf(tx).findBy(MarketFactReadRow, { kind });
    return rows.map(({ region, instanceType, failures, dueAt }) => ({
      ...{ kind, region, instanceType },
      ...{ failures, dueAt },
    }));
  }

  override async save(
    tx: Tx,
    read: FactRead & { readonly triedAt: Date; readonly problem: string | null },
  ): Promise<void> {
    const { kind, region, instanceType, ...rest } = read;
    const key = { kind, region, instanceType };
    if ((await updateRows(tx, MarketFactReadRow, key, rest)) > 0) return;
    await insertIfAbsent(tx, MarketFactReadRow, { ...key, ...rest });
  }
}
