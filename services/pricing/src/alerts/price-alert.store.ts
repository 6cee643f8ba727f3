import type { Tx } from '@spotopt/kernel';
import {
  boolColumn,
  changeRows,
  idColumn,
  insertRows,
  instantColumn,
  managerOf,
  moneyColumn,
  updateRows,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { PriceAlertStore } from './ports.js';
import type { PriceAlert } from './price-alert.js';

@Entity('price_alert')
export class PriceAlertRow implements PriceAlert {
  @PrimaryColumn(idColumn()) id!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(moneyColumn({ name: 'threshold_usd_per_hour' })) thresholdUsdPerHour!: number;
  @Column(instantColumn({ name: 'created_at' })) createdAt!: Date;
  @Column(instantColumn({ name: 'last_fired_at', nullable: true })) lastFiredAt!: Date | null;
  @Column(boolColumn()) armed!: boolean;
}

export class SqlPriceAlertStore extends PriceAlertStore {
  override async add(tx: Tx, alert: PriceAlert): Promise<void> {
    await insertRows(tx, PriceAlertRow, alert);
  }

  override listOfClient(tx: Tx, clientId: string): Promise<PriceAlert[]> {
    return managerOf(tx).find(PriceAlertRow, { where: { clientId }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  override listOfPool(tx: Tx, poolId: string): Promise<PriceAlert[]> {
    return managerOf(tx).find(PriceAlertRow, { where: { poolId }, order: { id: 'ASC' } });
  }

  override async setState(
    tx: Tx,
    alertId: string,
    { armed, lastFiredAt }: Pick<PriceAlert, 'armed' | 'lastFiredAt'>,
  ): Promise<void> {
    await updateRows(tx, PriceAlertRow, { id: alertId }, { armed, lastFiredAt });
  }

  override async remove(tx: Tx, clientId: string, alertId: string): Promise<boolean> {
    const sql = 'DELETE FROM price_alert WHERE id = ? AND client_id = ?';
    return (await changeRows(tx, sql, [alertId, clientId])) > 0;
  }
}
