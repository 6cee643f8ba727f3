import { ConsolidationJobType } from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import {
  bigintColumn,
  idColumn,
  insertIfAbsent,
  instantColumn,
  intColumn,
  managerOf,
  stringColumn,
  textColumn,
  updateRows,
} from '@spotopt/persistence';
import { Column, Entity, MoreThanOrEqual, PrimaryColumn } from 'typeorm';
import { z } from 'zod';
import type { ConsolidationJob } from './consolidation-job.js';
import { ConsolidationJobStore } from './ports.js';

@Entity('consolidation_job')
export class ConsolidationJobRow {
  @PrimaryColumn(idColumn()) id!: string;
  @Column(stringColumn(16)) type!: string;
  @Column(stringColumn(16)) status!: string;
  @Column(instantColumn({ name: 'started_at' })) startedAt!: Date;
  @Column(instantColumn({ name: 'completed_at', nullable: true })) completedAt!: Date | null;
  @Column(stringColumn(16, { name: 'cursor_phase', nullable: true })) cursorPhase!: string | null;
  @Column(idColumn({ name: 'cursor_pool_id', nullable: true })) cursorPoolId!: string | null;
  @Column(intColumn({ name: 'pools_done' })) poolsDone!: number;
  @Column(intColumn({ name: 'pools_total' })) poolsTotal!: number;
  @Column(bigintColumn({ name: 'rows_read' })) rowsRead!: number;
  @Column(bigintColumn({ name: 'duplicates_removed' })) duplicatesRemoved!: number;
  @Column(bigintColumn({ name: 'gaps_filled' })) gapsFilled!: number;
  @Column(bigintColumn({ name: 'backfills_added' })) backfillsAdded!: number;
  @Column(bigintColumn({ name: 'rows_changed' })) rowsChanged!: number;
  @Column(textColumn({ nullable: true })) error!: string | null;
}

const Status = z.enum(['running', 'completed', 'failed']);
const Phase = z.enum(['measure', 'fill']);

export class SqlConsolidationJobStore extends ConsolidationJobStore {
  override add(tx: Tx, job: ConsolidationJob): Promise<boolean> {
    return insertIfAbsent(tx, ConsolidationJobRow, toRow(job));
  }

  override async get(tx: Tx, id: string): Promise<ConsolidationJob> {
    const row = await managerOf(tx).findOneBy(ConsolidationJobRow, { id });
    if (row === null) throw AppError.bug('no-such-job', `there is no consolidation job ${id}`);
    return toJob(row);
  }

  override async running(tx: Tx, type: ConsolidationJob['type']): Promise<ConsolidationJob | null> {
    return newest(tx, { type, status: 'running' });
  }

  override async lastStarted(tx: Tx, type: ConsolidationJob['type']): Promise<Date | null> {
    return (await newest(tx, { type }))?.startedAt ?? null;
  }

  override async save(tx: Tx, job: ConsolidationJob): Promise<void> {
    const { id, ...change } = toRow(job);
    await updateRows(tx, ConsolidationJobRow, { id: id ?? job.id }, change);
  }

  override async list(tx: Tx, since: Date, limit: number): Promise<ConsolidationJob[]> {
    const rows = await managerOf(tx).find(ConsolidationJobRow, {
      where: { startedAt: MoreThanOrEqual(since) },
      order: { startedAt: 'DESC', id: 'DESC' },
      take: limit,
    });
    return rows.map(toJob);
  }
}

async function newest(
  tx: Tx,
  where: { readonly type: string; readonly status?: string },
): Promise<ConsolidationJob | null> {
  const [row] = await managerOf(tx).find(ConsolidationJobRow, {
    where,
    order: { startedAt: 'DESC', id: 'DESC' },
    take: 1,
  });
  return row === undefined ? null : toJob(row);
}

function toRow({ cursor, ...job }: ConsolidationJob): Partial<ConsolidationJobRow> {
  return { ...job, cursorPhase: cursor?.phase ?? null, cursorPoolId: cursor?.poolId ?? null };
}

function toJob({ cursorPhase, cursorPoolId, ...row }: ConsolidationJobRow): ConsolidationJob {
  return {
    ...row,
    type: ConsolidationJobType.parse(row.type),
    status: Status.parse(row.status),
    cursor:
      cursorPhase === null || cursorPoolId === null
        ? null
        : { phase: Phase.parse(cursorPhase), poolId: cursorPoolId },
  };
}
