import type { AgentSettings } from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import {
  boolColumn,
  forUpdate,
  idColumn,
  insertIfAbsent,
  instantColumn,
  intColumn,
  jsonColumn,
  managerOf,
  stringColumn,
} from '@spotopt/persistence';
import { And, Column, Entity, In, IsNull, LessThanOrEqual, MoreThan, Not, PrimaryColumn } from 'typeorm';
import {
  type ChangeOfPrimary,
  type DuePage,
  type Placement,
  type Workload,
  type WorkloadNews,
  WorkloadStore,
} from './ports.js';

@Entity('workload')
export class WorkloadRow {
  @PrimaryColumn(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(stringColumn(64)) region!: string;
  @Column(stringColumn(64, { name: 'instance_type' })) instanceType!: string;
  @Column(jsonColumn()) settings!: AgentSettings;
  @Column(instantColumn({ name: 'settings_at' })) settingsAt!: Date;
  @Column(boolColumn()) online!: boolean;
  @Column(instantColumn({ name: 'online_at' })) onlineAt!: Date;
  @Column(boolColumn()) deleted!: boolean;
  @Column(intColumn()) epoch!: number;
  @Column(jsonColumn({ name: 'primary_placement', nullable: true })) primary!: Placement | null;
  @Column(instantColumn({ name: 'registered_at' })) registeredAt!: Date;
  @Column(instantColumn({ name: 'next_decision_at' })) nextDecisionAt!: Date;
  @Column(instantColumn({ name: 'proposal_open_until', nullable: true })) proposalOpenUntil!: Date | null;
  @Column(intColumn()) version!: number;
}

@Entity('change_of_primary')
export class ChangeOfPrimaryRow {
  @PrimaryColumn(idColumn({ name: 'switch_id' })) switchId!: string;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(stringColumn(16)) state!: string;
  @Column(instantColumn({ name: 'started_at' })) startedAt!: Date;
  @Column(instantColumn({ name: 'ended_at', nullable: true })) endedAt!: Date | null;
  @Column(idColumn({ name: 'decision_id', nullable: true })) decisionId!: string | null;
}

/** News that came before the registration that they follow. */
@Entity('workload_early_news')
export class EarlyNewsRow {
  @PrimaryColumn(idColumn({ name: 'agent_id' })) agentId!: string;
  @PrimaryColumn(idColumn({ name: 'message_id' })) messageId!: string;
  /** Times are texts in here. */
  @Column(jsonColumn()) news!: WorkloadNews[];
  @Column(instantColumn({ name: 'kept_at' })) keptAt!: Date;
}

/** States of a change after which the workload runs elsewhere. */
const MOVED: ChangeOfPrimary['state'][] = ['finished', 'failed-moved'];

export class SqlWorkloadStore extends WorkloadStore {
  override async find(tx: Tx, agentId: string): Promise<Workload | null> {
    const row = await managerOf(tx).findOneBy(WorkloadRow, { agentId });
    return row === null ? null : toWorkload(row);
  }

  override async findForChange(tx: Tx, agentId: string): Promise<Workload | null> {
    const query = managerOf(tx).createQueryBuilder(WorkloadRow, 'workload').where({ agentId });
    const row = await forUpdate(tx, query).getOne();
    return row === null ? null : toWorkload(row);
  }

  override async save(tx: Tx, known: Workload | null, next: Workload): Promise<void> {
    const written = known === null ? await insert(tx, next) : await update(tx, known, next);
    if (written) return;
    throw AppError.transient('version-conflict', `workload ${next.agentId} was changed meanwhile`);
  }

  override async listDue(tx: Tx, { now, limit, after }: DuePage): Promise<Workload[]> {
    const due = { deleted: false, nextDecisionAt: LessThanOrEqual(now) };
    const rows = await managerOf(tx).find(WorkloadRow, {
      where:
        after === undefined
          ? due
          : [
              { ...due, nextDecisionAt: And(MoreThan(after.nextDecisionAt), LessThanOrEqual(now)) },
              { ...due, nextDecisionAt: after.nextDecisionAt, agentId: MoreThan(after.agentId) },
            ],
      order: { nextDecisionAt: 'ASC', agentId: 'ASC' },
      take: limit,
    });
    return rows.map(toWorkload);
  }

  override async saveChange(tx: Tx, change: ChangeOfPrimary): Promise<void> {
    if (await insertIfAbsent(tx, ChangeOfPrimaryRow, { ...change })) return;
    const { switchId, state, startedAt, endedAt, decisionId } = change;
    const manager = managerOf(tx);
    // Its end may have come first, and then did not tell when it began.
    await manager.update(ChangeOfPrimaryRow, { switchId, startedAt: MoreThan(startedAt) }, { startedAt });
    await manager.update(ChangeOfPrimaryRow, { switchId, decisionId: IsNull() }, { decisionId });
    if (state === 'started') return;
    await manager.update(ChangeOfPrimaryRow, { switchId, state: 'started' }, { state, endedAt });
  }

  override async findChangeFor(tx: Tx, decisionId: string): Promise<ChangeOfPrimary | null> {
    const row = await managerOf(tx).findOneBy(ChangeOfPrimaryRow, { decisionId });
    return row === null ? null : { ...row, state: row.state as ChangeOfPrimary['state'] };
  }

  override async lastChangedAt(tx: Tx, agentId: string): Promise<Date | null> {
    const row = await managerOf(tx).findOne(ChangeOfPrimaryRow, {
      where: { agentId, state: In(MOVED), endedAt: Not(IsNull()) },
      order: { endedAt: 'DESC' },
    });
    return row?.endedAt ?? null;
  }

  override async keepEarly(
    tx: Tx,
    agentId: string,
    messageId: string,
    news: readonly [WorkloadNews, ...WorkloadNews[]],
  ): Promise<void> {
    await insertIfAbsent(tx, EarlyNewsRow, { agentId, messageId, news: [...news], keptAt: news[0].at });
  }

  override async takeEarly(tx: Tx, agentId: string): Promise<WorkloadNews[]> {
    const manager = managerOf(tx);
    const rows = await manager.findBy(EarlyNewsRow, { agentId });
    for (const { messageId } of rows) await manager.delete(EarlyNewsRow, { agentId, messageId });
    return rows.flatMap(({ news }) => news.map((one) => ({ ...one, at: new Date(one.at) })));
  }

  override async listChanges(tx: Tx, agentId: string, since: Date): Promise<ChangeOfPrimary[]> {
    const rows = await managerOf(tx).find(ChangeOfPrimaryRow, {
      where: [
        { agentId, endedAt: MoreThan(since) },
        { agentId, endedAt: IsNull(), startedAt: MoreThan(since) },
      ],
      order: { startedAt: 'ASC' },
    });
    return rows.map((row) => ({ ...row, state: row.state as ChangeOfPrimary['state'] }));
  }
}

async function insert(tx: Tx, workload: Workload): Promise<boolean> {
  return insertIfAbsent(tx, WorkloadRow, { ...workload, version: 1 });
}

async function update(tx: Tx, known: Workload, next: Workload): Promise<boolean> {
  const { agentId, version } = known;
  const result = await managerOf(tx)
    .createQueryBuilder()
    .update(WorkloadRow)
    .set({ ...next, version: version + 1 })
    .where({ agentId, version })
    .execute();
  return result.affected === 1;
}

function toWorkload(row: WorkloadRow): Workload {
  return {
    agentId: row.agentId,
    clientId: row.clientId,
    region: row.region,
    instanceType: row.instanceType,
    settings: row.settings,
    settingsAt: row.settingsAt,
    online: row.online,
    onlineAt: row.onlineAt,
    deleted: row.deleted,
    epoch: row.epoch,
    primary: row.primary,
    registeredAt: row.registeredAt,
    nextDecisionAt: row.nextDecisionAt,
    proposalOpenUntil: row.proposalOpenUntil,
    version: row.version,
  };
}
