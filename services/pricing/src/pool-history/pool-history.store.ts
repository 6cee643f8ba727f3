import type { Mode } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  changeRows,
  doubleColumn,
  idColumn,
  insertIfAbsent,
  instantColumn,
  stringColumn,
  updateRows,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import {
  type PlacedMachine,
  PoolHistoryStore,
  type RecordedBoot,
  type RecordedInterruption,
} from './ports.js';

@Entity('machine_place')
export class MachinePlaceRow {
  @PrimaryColumn(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @Column(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(stringColumn(16)) mode!: Mode;
}

@Entity('pool_interruption')
export class PoolInterruptionRow {
  @PrimaryColumn(idColumn({ name: 'incident_id' })) incidentId!: string;
  @Column(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @Column(instantColumn({ name: 'detected_at' })) detectedAt!: Date;
}

@Entity('pool_boot')
export class PoolBootRow {
  @PrimaryColumn(idColumn({ name: 'replica_id' })) replicaId!: string;
  @Column(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(doubleColumn({ name: 'ready_after_ms' })) readyAfterMs!: number;
  @Column(instantColumn({ name: 'ready_at' })) readyAt!: Date;
}

export class SqlPoolHistoryStore extends PoolHistoryStore {
  override async addMachine(tx: Tx, machine: PlacedMachine): Promise<void> {
    if (await insertIfAbsent(tx, MachinePlaceRow, machine)) return;
    if (machine.mode === 'unknown') return;
    const { ec2InstanceId, poolId, mode } = machine;
    // An agent that did not know where it ran has learnt it; nothing else moves a machine to another pool.
    await updateRows(tx, MachinePlaceRow, { ec2InstanceId, mode: 'unknown' }, { poolId, mode });
  }

  override async addInterruption(tx: Tx, interruption: RecordedInterruption): Promise<void> {
    await insertIfAbsent(tx, PoolInterruptionRow, interruption);
  }

  override async addBoot(tx: Tx, boot: RecordedBoot): Promise<void> {
    await insertIfAbsent(tx, PoolBootRow, boot);
  }

  override async prune(tx: Tx, before: Date): Promise<void> {
    await changeRows(tx, 'DELETE FROM pool_interruption WHERE detected_at < ?', [before]);
    await changeRows(tx, 'DELETE FROM pool_boot WHERE ready_at < ?', [before]);
  }
}
