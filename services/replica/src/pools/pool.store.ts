import type { Tx } from '@spotopt/kernel';
import {
  idColumn,
  insertIfAbsent,
  instantColumn,
  intColumn,
  managerOf,
  moneyColumn,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, MoreThan } from 'typeorm';
import { type BlockScope, type Pool, type PoolBlock, PoolStore } from './ports.js';

@Entity('pool')
export class PoolRow {
  @Column(stringColumn(128, { name: 'pool_id', primary: true })) poolId!: string;
  @Column(stringColumn(64)) region!: string;
  @Column(stringColumn(64)) az!: string;
  @Column(stringColumn(64, { name: 'instance_type' })) instanceType!: string;
  @Column(moneyColumn({ name: 'spot_usd_per_hour' })) spotUsdPerHour!: number;
  @Column(moneyColumn({ name: 'on_demand_usd_per_hour', nullable: true })) onDemandUsdPerHour!: number | null;
  @Column(instantColumn({ name: 'observed_at' })) observedAt!: Date;
}

@Entity('pool_block')
export class PoolBlockRow {
  @Column(stringColumn(128, { name: 'pool_id', primary: true })) poolId!: string;
  @Column(instantColumn({ name: 'until_at' })) until!: Date;
  @Column(intColumn()) failures!: number;
  @Column(stringColumn(255)) reason!: string;
}

@Entity('tenant_pool_block')
export class TenantPoolBlockRow extends PoolBlockRow {
  @Column(idColumn({ name: 'client_id', primary: true })) clientId!: string;
}

export class TypeormPoolStore extends PoolStore {
  override async savePrice(tx: Tx, pool: Pool): Promise<void> {
    const manager = managerOf(tx);
    const known = await manager.findOneBy(PoolRow, { poolId: pool.poolId });
    if (known === null) {
      await insertIfAbsent(tx, PoolRow, pool);
    } else if (known.observedAt <= pool.observedAt) {
      const onDemandUsdPerHour = pool.onDemandUsdPerHour ?? known.onDemandUsdPerHour;
      await manager.update(PoolRow, { poolId: pool.poolId }, { ...pool, onDemandUsdPerHour });
    }
  }

  override find(tx: Tx, poolId: string): Promise<Pool | null> {
    return managerOf(tx).findOneBy(PoolRow, { poolId });
  }

  override list(tx: Tx, region: string, instanceType: string): Promise<Pool[]> {
    return managerOf(tx).find(PoolRow, { where: { region, instanceType }, order: { poolId: 'ASC' } });
  }

  override async listBlocks(tx: Tx, at: Date, clientId: string): Promise<PoolBlock[]> {
    const until = MoreThan(at);
    const manager = managerOf(tx);
    return [
      ...(await manager.find(PoolBlockRow, { where: { until } })),
      ...(await manager.find(TenantPoolBlockRow, { where: { until, clientId } })),
    ];
  }

  override findBlock(tx: Tx, poolId: string, scope: BlockScope): Promise<PoolBlock | null> {
    const manager = managerOf(tx);
    return scope === null
      ? manager.findOneBy(PoolBlockRow, { poolId })
      : manager.findOneBy(TenantPoolBlockRow, { poolId, clientId: scope });
  }

  override async saveBlock(tx: Tx, block: PoolBlock, scope: BlockScope): Promise<void> {
    const { poolId, until, failures, reason } = block;
    const facts = { until, failures, reason };
    const manager = managerOf(tx);
    // A storm blocks the same pool many times at once: whoever comes second has nothing to add.
    const isNew = (await this.findBlock(tx, poolId, scope)) === null;
    if (scope === null) {
      if (isNew) await insertIfAbsent(tx, PoolBlockRow, { poolId, ...facts });
      else await manager.update(PoolBlockRow, { poolId }, facts);
      return;
    }
    const key = { poolId, clientId: scope };
    if (isNew) await insertIfAbsent(tx, TenantPoolBlockRow, { ...key, ...facts });
    else await manager.update(TenantPoolBlockRow, key, facts);
  }
}
