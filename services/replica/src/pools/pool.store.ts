import type { Tx } from '@spotopt/kernel';
import {
  insertIfAbsent,
  instantColumn,
  intColumn,
  managerOf,
  moneyColumn,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, MoreThan } from 'typeorm';
import { type Pool, type PoolBlock, PoolStore } from './ports.js';

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

  override listBlocks(tx: Tx, at: Date): Promise<PoolBlock[]> {
    return managerOf(tx).find(PoolBlockRow, { where: { until: MoreThan(at) } });
  }

  override findBlock(tx: Tx, poolId: string): Promise<PoolBlock | null> {
    return managerOf(tx).findOneBy(PoolBlockRow, { poolId });
  }

  override async saveBlock(tx: Tx, block: PoolBlock): Promise<void> {
    // A storm blocks the same pool many times at once: whoever comes second has nothing to add.
    if ((await this.findBlock(tx, block.poolId)) === null) await insertIfAbsent(tx, PoolBlockRow, block);
    else await managerOf(tx).update(PoolBlockRow, { poolId: block.poolId }, { ...block });
  }
}
