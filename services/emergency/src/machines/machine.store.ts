import type { Mode } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  boolColumn,
  idColumn,
  insertIfAbsent,
  instantColumn,
  managerOf,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, LessThanOrEqual } from 'typeorm';
import { type Machine, MachineStore } from './ports.js';

@Entity('machine')
export class MachineRow {
  @Column(idColumn({ name: 'ec2_instance_id', primary: true })) ec2InstanceId!: string;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(stringColumn(16)) role!: Machine['role'];
  @Column(idColumn({ name: 'replica_id', nullable: true })) replicaId!: string | null;
  @Column(boolColumn()) ready!: boolean;
  @Column(stringColumn(128, { name: 'pool_id' })) poolId!: string;
  @Column(stringColumn(16)) mode!: Mode;
  @Column(instantColumn({ name: 'first_seen_at' })) firstSeenAt!: Date;
  @Column(instantColumn({ name: 'changed_at' })) changedAt!: Date;
}

export class TypeormMachineStore extends MachineStore {
  override find(tx: Tx, ec2InstanceId: string): Promise<Machine | null> {
    return managerOf(tx).findOneBy(MachineRow, { ec2InstanceId });
  }

  override listByAgent(tx: Tx, agentId: string): Promise<Machine[]> {
    return managerOf(tx).find(MachineRow, { where: { agentId }, order: { firstSeenAt: 'ASC' } });
  }

  override async save(tx: Tx, machine: Machine): Promise<void> {
    const { ec2InstanceId, changedAt } = machine;
    if (await insertIfAbsent(tx, MachineRow, machine)) return;
    await managerOf(tx).update(
      MachineRow,
      { ec2InstanceId, changedAt: LessThanOrEqual(changedAt) },
      { ...machine },
    );
  }
}
