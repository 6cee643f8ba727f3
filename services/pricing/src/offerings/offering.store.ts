import type { Tx } from '@spotopt/kernel';
import { boolColumn, idColumn, insertIfAbsent, instantColumn, updateRows } from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { OfferingStore } from './ports.js';

@Entity('pool_offering')
export class PoolOfferingRow {
  @PrimaryColumn(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(boolColumn()) offered!: boolean;
  @Column(instantColumn({ name: 'read_at' })) readAt!: Date;
}

export class SqlOfferingStore extends OfferingStore {
  override async save(tx: Tx, offered: ReadonlyMap<string, boolean>, readAt: Date): Promise<void> {
    for (const [poolId, isOffered] of offered) {
      const row = { offered: isOffered, readAt };
      if ((await updateRows(tx, PoolOfferingRow, { poolId }, row)) > 0) continue;
      await insertIfAbsent(tx, PoolOfferingRow, { poolId, ...row });
    }
  }
}
