import type { Tx } from '@spotopt/kernel';
import { idColumn, insertIfAbsent, instantColumn, managerOf, stringColumn } from '@spotopt/persistence';
import { Column, Entity, In, IsNull, MoreThanOrEqual, PrimaryColumn } from 'typeorm';
import { type Interruption, type MachinePlacement, MarkStore, type PoolMark } from './ports.js';

@Entity('pool_mark')
export class PoolMarkRow {
  /** Id of the incident, or of the message that told of a failed launch. */
  @PrimaryColumn(idColumn()) id!: string;
  @Column(stringColumn(16)) kind!: string;
  /** Null while it is not known where the machine ran. */
  @Column(idColumn({ name: 'pool_id', nullable: true })) poolId!: string | null;
  @Column(idColumn({ name: 'ec2_instance_id', nullable: true })) ec2InstanceId!: string | null;
  @Column(instantColumn()) at!: Date;
}

@Entity('machine_placement')
export class MachinePlacementRow {
  @PrimaryColumn(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @Column(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(stringColumn(16)) mode!: string;
  @Column(instantColumn({ name: 'seen_at' })) seenAt!: Date;
}

export class SqlMarkStore extends MarkStore {
  override async savePlacement(tx: Tx, placement: MachinePlacement): Promise<void> {
    const manager = managerOf(tx);
    const { ec2InstanceId, poolId, mode, seenAt } = placement;
    if (!(await insertIfAbsent(tx, MachinePlacementRow, placement))) {
      await manager.update(MachinePlacementRow, { ec2InstanceId }, { poolId, seenAt });
      // A machine is bought once: what is known of it stays, whatever an older message did not know.
      if (mode !== 'unknown') await manager.update(MachinePlacementRow, { ec2InstanceId }, { mode });
    }
    if (mode !== 'spot') return;
    await manager.update(PoolMarkRow, { ec2InstanceId, poolId: IsNull() }, { poolId });
  }

  override async addInterruption(tx: Tx, interruption: Interruption): Promise<void> {
    const { incidentId, at } = interruption;
    if (await this.#add(tx, 'interruption', interruption)) return;
    // The incident began as a recommendation.
    await managerOf(tx).update(
      PoolMarkRow,
      { id: incidentId, kind: 'rebalance' },
      { kind: 'interruption', at },
    );
  }

  override async addRecommendation(tx: Tx, recommendation: Interruption): Promise<void> {
    await this.#add(tx, 'rebalance', recommendation);
  }

  async #add(
    tx: Tx,
    kind: PoolMark['kind'],
    { incidentId, ec2InstanceId, at }: Interruption,
  ): Promise<boolean> {
    const poolId = await this.spotPoolOf(tx, ec2InstanceId);
    return insertIfAbsent(tx, PoolMarkRow, { id: incidentId, kind, poolId, ec2InstanceId, at });
  }

  override async addLaunchFailure(
    tx: Tx,
    failure: { readonly id: string; readonly poolId: string; readonly at: Date },
  ): Promise<void> {
    await insertIfAbsent(tx, PoolMarkRow, { ...failure, kind: 'launch-failed', ec2InstanceId: null });
  }

  override async spotPoolOf(tx: Tx, ec2InstanceId: string): Promise<string | null> {
    const placement = await managerOf(tx).findOneBy(MachinePlacementRow, { ec2InstanceId });
    return placement?.mode === 'spot' ? placement.poolId : null;
  }

  override async listMarks(tx: Tx, poolIds: readonly string[], since: Date): Promise<PoolMark[]> {
    const rows = await managerOf(tx).find(PoolMarkRow, {
      where: { poolId: In([...poolIds]), at: MoreThanOrEqual(since) },
    });
    return rows.flatMap(({ poolId, kind, at }) =>
      poolId === null ? [] : [{ poolId, kind: kind as PoolMark['kind'], at }],
    );
  }
}
