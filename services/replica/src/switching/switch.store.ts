import type { Mode, SwitchStep, Trigger } from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import {
  boolColumn,
  idColumn,
  instantColumn,
  intColumn,
  isDuplicateKey,
  managerOf,
  moneyColumn,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, IsNull, MoreThanOrEqual, Not } from 'typeorm';
import {
  type MachineKey,
  type StepRecord,
  type SwitchFilter,
  type SwitchPatch,
  SwitchStore,
} from './ports.js';
import type { Switch } from './switch.js';

@Entity('switch')
export class SwitchRow {
  @Column(idColumn({ primary: true })) id!: string;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(stringColumn(32, { name: 'trigger_type' })) trigger!: Trigger;
  @Column(stringColumn(500)) reason!: string;
  @Column(stringColumn(128, { name: 'requested_by' })) requestedBy!: string;
  @Column(stringColumn(128, { name: 'request_id', nullable: true })) requestId!: string | null;
  @Column(idColumn({ name: 'decision_id', nullable: true })) decisionId!: string | null;
  @Column(idColumn({ name: 'incident_id', nullable: true })) incidentId!: string | null;
  @Column(idColumn({ name: 'correlation_id' })) correlationId!: string;
  @Column(stringColumn(16)) execution!: Switch['execution'];
  @Column(stringColumn(16)) status!: Switch['status'];
  @Column(stringColumn(16)) step!: SwitchStep;
  @Column(idColumn({ name: 'from_instance_id' })) fromInstanceId!: string;
  @Column(idColumn({ name: 'to_instance_id', nullable: true })) toInstanceId!: string | null;
  @Column(stringColumn(16, { name: 'target_mode' })) targetMode!: Mode;
  @Column(stringColumn(128, { name: 'target_pool_id', nullable: true })) targetPoolId!: string | null;
  @Column(boolColumn({ name: 'demote_old_primary' })) demoteOldPrimary!: boolean;
  @Column(instantColumn({ name: 'reclaim_at', nullable: true })) reclaimAt!: Date | null;
  @Column(intColumn({ name: 'epoch_after', nullable: true })) epochAfter!: number | null;
  @Column(instantColumn({ name: 'started_at' })) startedAt!: Date;
  @Column(instantColumn({ name: 'step_started_at' })) stepStartedAt!: Date;
  @Column(instantColumn({ name: 'finished_at', nullable: true })) finishedAt!: Date | null;
  @Column(idColumn({ name: 'launch_command_id', nullable: true })) launchCommandId!: string | null;
  @Column(stringColumn(500, { name: 'launch_failure', nullable: true })) launchFailure!: string | null;
  @Column(idColumn({ name: 'quiesce_command_id', nullable: true })) quiesceCommandId!: string | null;
  @Column(stringColumn(16, { name: 'quiesce_outcome', nullable: true }))
  quiesceOutcome!: Switch['quiesceOutcome'];
  @Column(idColumn({ name: 'promote_command_id', nullable: true })) promoteCommandId!: string | null;
  @Column(instantColumn({ name: 'served_until', nullable: true })) servedUntil!: Date | null;
  @Column(instantColumn({ name: 'serving_since', nullable: true })) servingSince!: Date | null;
  @Column(instantColumn({ name: 'traffic_moved_at', nullable: true })) trafficMovedAt!: Date | null;
  @Column(moneyColumn({ name: 'old_usd_per_hour', nullable: true })) oldUsdPerHour!: number | null;
  @Column(moneyColumn({ name: 'new_usd_per_hour', nullable: true })) newUsdPerHour!: number | null;
  @Column(moneyColumn({ name: 'on_demand_usd_per_hour', nullable: true })) onDemandUsdPerHour!: number | null;
  @Column(stringColumn(500, { nullable: true })) error!: string | null;
  @Column(boolColumn({ name: 'rolled_back' })) rolledBack!: boolean;
  @Column(intColumn()) version!: number;
}

@Entity('switch_step')
export class SwitchStepRow {
  @Column(idColumn({ name: 'switch_id', primary: true })) switchId!: string;
  @Column(stringColumn(16, { primary: true })) step!: SwitchStep;
  @Column(stringColumn(16)) outcome!: StepRecord['outcome'];
  @Column(stringColumn(500)) detail!: string;
  @Column(instantColumn({ name: 'started_at' })) startedAt!: Date;
  @Column(instantColumn({ name: 'finished_at' })) finishedAt!: Date;
}

export class TypeormSwitchStore extends SwitchStore {
  override async insert(tx: Tx, sw: Switch): Promise<void> {
    try {
      await managerOf(tx).insert(SwitchRow, toRow(sw));
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      throw AppError.permanent('switch-under-way', 'a switch of this agent is already running', {
        cause: error,
      });
    }
  }

  override async find(tx: Tx, switchId: string): Promise<Switch | null> {
    return toSwitch(await managerOf(tx).findOneBy(SwitchRow, { id: switchId }));
  }

  override async findRunning(tx: Tx, agentId: string): Promise<Switch | null> {
    return toSwitch(await managerOf(tx).findOneBy(SwitchRow, { agentId, status: 'running' }));
  }

  override async findByRequestId(tx: Tx, agentId: string, requestId: string): Promise<Switch | null> {
    return toSwitch(await managerOf(tx).findOneBy(SwitchRow, { agentId, requestId }));
  }

  override async findByCommand(tx: Tx, commandId: string): Promise<Switch | null> {
    const row = await managerOf(tx).findOneBy(SwitchRow, [
      { launchCommandId: commandId },
      { quiesceCommandId: commandId },
      { promoteCommandId: commandId },
    ]);
    return toSwitch(row);
  }

  override async listRunning(tx: Tx): Promise<Switch[]> {
    const rows = await managerOf(tx).find(SwitchRow, {
      where: { status: 'running' },
      order: { startedAt: 'ASC' },
    });
    return rows.map((row) => ({ ...row }));
  }

  override async listFailed(tx: Tx, since: Date): Promise<Switch[]> {
    const rows = await managerOf(tx).find(SwitchRow, {
      where: { status: 'failed', finishedAt: MoreThanOrEqual(since) },
      order: { finishedAt: 'ASC' },
    });
    return rows.map((row) => ({ ...row }));
  }

  override countFailedFrom(tx: Tx, machine: MachineKey, since: Date): Promise<number> {
    return managerOf(tx).countBy(SwitchRow, {
      agentId: machine.agentId,
      fromInstanceId: machine.id,
      status: 'failed',
      finishedAt: MoreThanOrEqual(since),
    });
  }

  override async findReclaimAt(tx: Tx, machine: MachineKey): Promise<Date | null> {
    const row = await managerOf(tx).findOne(SwitchRow, {
      where: { agentId: machine.agentId, fromInstanceId: machine.id, reclaimAt: Not(IsNull()) },
      order: { startedAt: 'DESC', id: 'DESC' },
    });
    return row?.reclaimAt ?? null;
  }

  override async list(
    tx: Tx,
    filter: SwitchFilter,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<{ switches: Switch[]; total: number }> {
    const [rows, total] = await managerOf(tx).findAndCount(SwitchRow, {
      where: {
        ...(filter.clientId === undefined ? {} : { clientId: filter.clientId }),
        ...(filter.agentId === undefined ? {} : { agentId: filter.agentId }),
      },
      order: { startedAt: 'DESC', id: 'DESC' },
      take: page.limit,
      skip: page.offset,
    });
    return { switches: rows.map((row) => ({ ...row })), total };
  }

  override async listSince(tx: Tx, agentId: string, since: Date): Promise<Switch[]> {
    const rows = await managerOf(tx).find(SwitchRow, {
      where: { agentId, startedAt: MoreThanOrEqual(since) },
      order: { startedAt: 'ASC' },
    });
    return rows.map((row) => ({ ...row }));
  }

  override async update(tx: Tx, sw: Switch, patch: SwitchPatch): Promise<Switch> {
    const next: Switch = { ...sw, ...patch, version: sw.version + 1 };
    const result = await managerOf(tx)
      .createQueryBuilder()
      .update(SwitchRow)
      .set(toRow(next))
      .where('id = :id AND version = :version', { id: sw.id, version: sw.version })
      .execute();
    if (result.affected !== 1) {
      throw AppError.transient('version-conflict', `switch ${sw.id} was changed by somebody else`);
    }
    return next;
  }

  override async recordStep(tx: Tx, record: StepRecord): Promise<void> {
    const manager = managerOf(tx);
    const row = Object.assign(new SwitchStepRow(), record, { detail: record.detail.slice(0, 500) });
    const { switchId, step } = record;
    const updated = await manager.update(SwitchStepRow, { switchId, step }, row);
    if (updated.affected === 0) await manager.insert(SwitchStepRow, row);
  }

  override listSteps(tx: Tx, switchId: string): Promise<StepRecord[]> {
    return managerOf(tx).find(SwitchStepRow, {
      where: { switchId },
      order: { startedAt: 'ASC', finishedAt: 'ASC' },
    });
  }
}

function toRow(sw: Switch): SwitchRow {
  return Object.assign(new SwitchRow(), sw, {
    reason: sw.reason.slice(0, 500),
    launchFailure: sw.launchFailure?.slice(0, 500) ?? null,
    error: sw.error?.slice(0, 500) ?? null,
  });
}

function toSwitch(row: SwitchRow | null): Switch | null {
  return row === null ? null : { ...row };
}
