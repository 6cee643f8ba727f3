import type { Tx } from '@spotopt/kernel';
import { AppError } from '@spotopt/kernel';
import {
  doubleColumn,
  forUpdate,
  idColumn,
  insertIfAbsent,
  instantColumn,
  intColumn,
  managerOf,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, In, MoreThanOrEqual, type SelectQueryBuilder } from 'typeorm';
import { type Incident, type IncidentState, OPEN_STATES, type Signal, type Urgency } from './incident.js';
import { type IncidentFilter, type IncidentPatch, IncidentStore } from './ports.js';

@Entity('incident')
export class IncidentRow {
  @Column(idColumn({ primary: true })) id!: string;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @Column(stringColumn(128, { name: 'pool_id', nullable: true })) poolId!: string | null;
  @Column(stringColumn(16)) state!: IncidentState;
  @Column(stringColumn(16)) urgency!: Urgency;
  @Column(instantColumn({ name: 'first_signal_at' })) firstSignalAt!: Date;
  @Column(instantColumn({ name: 'last_signal_at' })) lastSignalAt!: Date;
  @Column(instantColumn({ name: 'notice_at', nullable: true })) noticeAt!: Date | null;
  @Column(instantColumn({ name: 'deadline_at', nullable: true })) deadlineAt!: Date | null;
  @Column(intColumn({ name: 'signal_count' })) signalCount!: number;
  @Column(doubleColumn({ nullable: true })) risk!: number | null;
  @Column(idColumn({ name: 'switch_id', nullable: true })) switchId!: string | null;
  @Column(instantColumn({ name: 'announced_at' })) announcedAt!: Date;
  @Column(doubleColumn({ name: 'failover_ms', nullable: true })) failoverMs!: number | null;
  @Column(instantColumn({ name: 'closed_at', nullable: true })) closedAt!: Date | null;
  @Column(intColumn()) version!: number;
}

@Entity('incident_signal')
export class IncidentSignalRow {
  @Column(idColumn({ name: 'incident_id', primary: true })) incidentId!: string;
  @Column(intColumn({ primary: true })) number!: number;
  @Column(stringColumn(32)) kind!: Signal['kind'];
  @Column(stringColumn(16)) source!: Signal['source'];
  @Column(instantColumn({ name: 'detected_at' })) detectedAt!: Date;
  @Column(instantColumn({ name: 'deadline_at', nullable: true })) deadlineAt!: Date | null;
  @Column(instantColumn({ name: 'received_at' })) receivedAt!: Date;
}

export class TypeormIncidentStore extends IncidentStore {
  override async insert(tx: Tx, incident: Incident): Promise<void> {
    const inserted = await insertIfAbsent(tx, IncidentRow, { ...incident });
    // Another process opened the incident of this machine meanwhile: the closure runs again and adds to it.
    if (!inserted) throw conflict(incident.id);
  }

  override find(tx: Tx, incidentId: string): Promise<Incident | null> {
    return managerOf(tx).findOneBy(IncidentRow, { id: incidentId });
  }

  override async findLatest(tx: Tx, ec2InstanceId: string): Promise<Incident | null> {
    const query = (): SelectQueryBuilder<IncidentRow> =>
      managerOf(tx).createQueryBuilder(IncidentRow, 'incident').where({ ec2InstanceId });
    // Many signals of one machine arrive at once: they wait here for each other instead of running again.
    const open = await forUpdate(tx, query().andWhere({ state: In([...OPEN_STATES]) })).getOne();
    if (open !== null) return open;
    return query().orderBy('incident.lastSignalAt', 'DESC').addOrderBy('incident.id', 'DESC').getOne();
  }

  override async list(
    tx: Tx,
    filter: IncidentFilter,
    limit: number,
  ): Promise<{ incidents: Incident[]; total: number }> {
    const [incidents, total] = await managerOf(tx).findAndCount(IncidentRow, {
      where: {
        ...(filter.clientId === undefined ? {} : { clientId: filter.clientId }),
        ...(filter.agentId === undefined ? {} : { agentId: filter.agentId }),
        ...(filter.states === undefined ? {} : { state: In([...filter.states]) }),
      },
      order: { firstSignalAt: 'DESC', id: 'DESC' },
      take: limit,
    });
    return { incidents, total };
  }

  override countNotices(tx: Tx, poolId: string, since: Date): Promise<number> {
    return managerOf(tx).countBy(IncidentRow, {
      poolId,
      urgency: 'terminate',
      firstSignalAt: MoreThanOrEqual(since),
    });
  }

  override async update(tx: Tx, incident: Incident, patch: IncidentPatch): Promise<Incident> {
    const next: Incident = { ...incident, ...patch, version: incident.version + 1 };
    const result = await managerOf(tx)
      .createQueryBuilder()
      .update(IncidentRow)
      .set({ ...next })
      .where('id = :id AND version = :version', { id: incident.id, version: incident.version })
      .execute();
    if (result.affected !== 1) throw conflict(incident.id);
    return next;
  }

  override async addSignal(
    tx: Tx,
    incident: Incident,
    signal: Signal & { readonly receivedAt: Date },
  ): Promise<void> {
    await managerOf(tx).insert(IncidentSignalRow, {
      incidentId: incident.id,
      number: incident.signalCount,
      kind: signal.kind,
      source: signal.source,
      detectedAt: signal.detectedAt,
      deadlineAt: signal.deadlineAt,
      receivedAt: signal.receivedAt,
    });
  }
}

function conflict(incidentId: string): AppError {
  return AppError.transient('version-conflict', `incident ${incidentId} was changed by somebody else`);
}
