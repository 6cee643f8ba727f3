import { AppError, type Tx } from '@spotopt/kernel';
import {
  doubleColumn,
  instantColumn,
  intColumn,
  managerOf,
  stringColumn,
  textColumn,
  updateRows,
} from '@spotopt/persistence';
import { Column, type FindOptionsOrder, type FindOptionsWhere, In } from 'typeorm';
import { QueuedJobStore } from './ports.js';
import type { QueuedJob } from './queued-job.js';

/** Columns that every table of queued jobs has. */
export abstract class QueuedJobRow {
  @Column(stringColumn(16)) state!: string;
  @Column(instantColumn({ name: 'created_at' })) createdAt!: Date;
  @Column(instantColumn({ name: 'finished_at', nullable: true })) finishedAt!: Date | null;
  @Column(doubleColumn()) progress!: number;
  @Column(textColumn({ nullable: true })) error!: string | null;
  @Column(intColumn()) attempts!: number;
  @Column(intColumn()) revision!: number;
}

export interface QueuedJobTable<Row extends QueuedJobRow, Job extends QueuedJob> {
  readonly entity: new () => Row;
  /** Property of the primary key. */
  readonly id: keyof Row & keyof Job & string;
  /** For messages. */
  readonly noun: string;
  readonly toJob: (row: Row) => Job;
  readonly toRow: (job: Job) => Partial<Row>;
}

export class SqlQueuedJobStore<Row extends QueuedJobRow, Job extends QueuedJob> extends QueuedJobStore<Job> {
  constructor(private readonly table: QueuedJobTable<Row, Job>) {
    super();
  }

  override async find(tx: Tx, id: string): Promise<Job | null> {
    const { entity, toJob } = this.table;
    const row = await managerOf(tx).findOneBy(entity, this.#where({ [this.table.id]: id }));
    return row === null ? null : toJob(row);
  }

  override async list(tx: Tx, limit: number): Promise<Job[]> {
    const { entity, toJob } = this.table;
    const rows = await managerOf(tx).find(entity, { order: this.#order('DESC'), take: limit });
    return rows.map(toJob);
  }

  override async next(tx: Tx): Promise<Job | null> {
    const { entity, toJob } = this.table;
    const where = this.#where({ state: In(['queued', 'running']) });
    const [row] = await managerOf(tx).find(entity, { where, order: this.#order('ASC'), take: 1 });
    return row === undefined ? null : toJob(row);
  }

  override async save(tx: Tx, before: Job, next: Job): Promise<Job> {
    const { entity, id, noun, toRow } = this.table;
    const stored = { ...next, revision: before.revision + 1 };
    const guard = { [id]: before[id], revision: before.revision } as Partial<Row>;
    if ((await updateRows(tx, entity, guard, toRow(stored))) === 1) return stored;
    throw AppError.transient(
      'version-conflict',
      `the ${noun} ${String(before[id])} was changed by somebody else`,
    );
  }

  // TypeORM's types of conditions need a row that is known; these name columns that every such row has.
  #where(columns: Readonly<Record<string, unknown>>): FindOptionsWhere<Row> {
    return columns as FindOptionsWhere<Row>;
  }

  #order(direction: 'ASC' | 'DESC'): FindOptionsOrder<Row> {
    return { createdAt: direction, [this.table.id]: direction } as FindOptionsOrder<Row>;
  }
}
