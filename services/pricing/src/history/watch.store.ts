import type { Tx } from '@spotopt/kernel';
import { insertIfAbsent, instantColumn, managerOf, stringColumn } from '@spotopt/persistence';
import { Column, Entity, IsNull, LessThan, LessThanOrEqual, PrimaryColumn } from 'typeorm';
import type { Market } from '../pools/ports.js';
import { type PriceWatch, WatchStore } from './ports.js';

@Entity('price_watch')
export class PriceWatchRow {
  @PrimaryColumn(stringColumn(32)) region!: string;
  @PrimaryColumn(stringColumn(32, { name: 'instance_type' })) instanceType!: string;
  @Column(instantColumn({ name: 'read_until', nullable: true })) readUntil!: Date | null;
  /** Last time at which reports confirmed every pool of the market. */
  @Column(instantColumn({ name: 'confirmed_at', nullable: true })) confirmedAt!: Date | null;
  @Column(instantColumn({ name: 'wanted_at' })) wantedAt!: Date;
}

export class SqlWatchStore extends WatchStore {
  override async add(tx: Tx, market: Market, wantedAt: Date): Promise<boolean> {
    const { region, instanceType } = market;
    if (await managerOf(tx).existsBy(PriceWatchRow, { region, instanceType })) return false;
    return insertIfAbsent(tx, PriceWatchRow, {
      region,
      instanceType,
      readUntil: null,
      confirmedAt: null,
      wantedAt,
    });
  }

  override async list(tx: Tx): Promise<PriceWatch[]> {
    const rows = await managerOf(tx).find(PriceWatchRow, { order: { region: 'ASC', instanceType: 'ASC' } });
    return rows.map(({ region, instanceType, readUntil }) => ({ region, instanceType, readUntil }));
  }

  override async setReadUntil(tx: Tx, markets: readonly Market[], readUntil: Date): Promise<void> {
    for (const { region, instanceType } of markets) {
      for (const before of [IsNull(), LessThan(readUntil)]) {
        await managerOf(tx).update(PriceWatchRow, { region, instanceType, readUntil: before }, { readUntil });
      }
    }
  }

  override async noteConfirmed(
    tx: Tx,
    market: Market,
    confirmation: { readonly at: Date; readonly everyMs: number },
  ): Promise<boolean> {
    const { region, instanceType } = market;
    const dueBefore = new Date(confirmation.at.getTime() - confirmation.everyMs);
    for (const before of [IsNull(), LessThanOrEqual(dueBefore)]) {
      const result = await managerOf(tx).update(
        PriceWatchRow,
        { region, instanceType, confirmedAt: before },
        { confirmedAt: confirmation.at },
      );
      if (result.affected === 1) return true;
    }
    return false;
  }
}
