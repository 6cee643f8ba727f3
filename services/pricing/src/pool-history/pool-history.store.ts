import type { Mode } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
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
  type RecordedEnd,
  type RecordedNotice,
} from './ports.js';

@Entity('machine_place')
export class MachinePlaceRow {
  @PrimaryColumn(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @Column(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(stringColumn(16)) mode!: Mode;
}

@Entity('machine_notice')
export class MachineNoticeRow {
  @PrimaryColumn(idColumn({ name: 'incident_id' })) incidentId!: string;
  @PrimaryColumn(stringColumn(16)) kind!: RecordedNotice['kind'];
  @Column(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @Column(instantColumn({ name: 'detected_at' })) detectedAt!: Date;
}

@Entity('machine_end')
export class MachineEndRow {
  @PrimaryColumn(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @Column(instantColumn({ name: 'ended_at' })) endedAt!: Date;
  @Column(stringColumn(255)) reason!: string;
}

@Entity('pool_boot')
export class PoolBootRow {
  @PrimaryColumn(idColumn({ name: 'replica_id' })) replicaId!: string;
  @Column(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(doubleColumn({ name: 'ready_after_ms' })) readyAfterMs!: number;
  @Column(instantColumn({ name: 'ready_at' })) readyAt!: Date;
}

const REASON_LENGTH = 255;

export class SqlPoolHistoryStore extends PoolHistoryStore {
  override async addMachine(tx: Tx, machine: PlacedMachine): Promise<void> {
    if (await insertIfAbsent(tx, MachinePlaceRow, machine)) return;
    if (machine.mode === 'unknown') return;
    const { ec2InstanceId, poolId, mode } = machine;
    // An agent that did not know where it ran has learnt it; nothing else moves a machine to another pool.
    await updateRows(tx, MachinePlaceRow, { ec2InstanceId, mode: 'unknown' }, { poolId, mode });
  }

  override async addNotice(tx: Tx, notice: RecordedNotice): Promise<void> {
    await insertIfAbsent(tx, MachineNoticeRow, notice);
  }

  override async addEnd(tx: Tx, { reason, ...end }: RecordedEnd): Promise<void> {
    await insertIfAbsent(tx, MachineEndRow, { ...end, reason: reason.slice(0, REASON_LENGTH) });
  }

  override async addBoot(tx: Tx, boot: RecordedBoot): Promise<void> {
    await insertIfAbsent(tx, PoolBootRow, boot);
  }
}
