import type { Tx } from '@spotopt/kernel';
import { insertIfAbsent, instantColumn, managerOf, moneyColumn, stringColumn } from '@spotopt/persistence';
import { Column, Entity, LessThanOrEqual, MoreThan } from 'typeorm';
import { PriceStore } from './ports.js';
import type { PriceChange } from './risk.js';

@Entity('price_change')
export class PriceChangeRow {
  @Column(stringColumn(128, { name: 'pool_id', primary: true })) poolId!: string;
  @Column(instantColumn({ name: 'observed_at', primary: true })) observedAt!: Date;
  @Column(moneyColumn({ name: 'usd_per_hour' })) usdPerHour!: number;
}

export class TypeormPriceStore extends PriceStore {
  override async add(tx: Tx, poolId: string, change: PriceChange): Promise<void> {
    await insertIfAbsent(tx, PriceChangeRow, {
      poolId,
      observedAt: new Date(change.observedAtMs),
      usdPerHour: change.usdPerHour,
    });
  }

  override async list(tx: Tx, poolId: string, sinceMs: number): Promise<PriceChange[]> {
    const since = new Date(sinceMs);
    const manager = managerOf(tx);
    const before = await manager.findOne(PriceChangeRow, {
      where: { poolId, observedAt: LessThanOrEqual(since) },
      order: { observedAt: 'DESC' },
    });
    const later = await manager.find(PriceChangeRow, {
      where: { poolId, observedAt: MoreThan(since) },
      order: { observedAt: 'ASC' },
    });
    return (before === null ? later : [before, ...later]).map((row) => ({
      usdPerHour: row.usdPerHour,
      observedAtMs: row.observedAt.getTime(),
    }));
  }
}
