import type { SpotAdvice } from '@spotopt/cloud';
import type { Tx } from '@spotopt/kernel';
import {
  changeRows,
  doubleColumn,
  insertRows,
  instantColumn,
  intColumn,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { AdvisorStore } from './ports.js';

@Entity('advisor_bucket')
export class AdvisorBucketRow {
  @PrimaryColumn(stringColumn(32)) region!: string;
  @PrimaryColumn(stringColumn(32, { name: 'instance_type' })) instanceType!: string;
  /** Index of a range, 0 to 4. */
  @Column(intColumn()) bucket!: number;
  @Column(stringColumn(32)) label!: string;
  @Column(doubleColumn({ name: 'savings_percent' })) savingsPercent!: number;
  @Column(instantColumn({ name: 'read_at' })) readAt!: Date;
}

/** SQLite takes some 32,000 parameters in one statement, older ones 999. */
const ROWS_PER_INSERT = 100;

export class SqlAdvisorStore extends AdvisorStore {
  override async replace(tx: Tx, region: string, advice: readonly SpotAdvice[], readAt: Date): Promise<void> {
    await changeRows(tx, 'DELETE FROM advisor_bucket WHERE region = ?', [region]);
    const rows = advice.map(({ instanceType, bucket, label, savingsPercent }) => ({
      region,
      instanceType,
      bucket,
      label,
      savingsPercent,
      readAt,
    }));
    for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
      await insertRows(tx, AdvisorBucketRow, ...rows.slice(start, start + ROWS_PER_INSERT));
    }
  }
}
