import { AppError, type Tx } from '@spotopt/kernel';
import { Column, type FindOptionsOrder, type FindOptionsWhere, In } from 'typeorm';
import { doubleColumn, instantColumn, intColumn, stringColumn, textColumn } from './columns.js';
import { managerOf, updateRows } from './transaction.js';

interface Revised {
  /** Rises with every write. */
  readonly revision: number;
}

/** Columns that every table of queued jobs has. */
export abstract class QueuedRow {
  @Column(stringColumn(16)) state!: string;
  @Column(instantColumn({ name: 'created_at' })) createdAt!: Date;
  @Column(instantColumn({ name: 'finished_at', nullable: true })) finishedAt!: Date | null;
  @Column(doubleColumn()) progress!: number;
  @Column(textColumn({ nullable: true })) error!: string | null;
  @Column(intColumn()) attempts!: number;
  @Column(intColumn()) revision!: number;
}

export interface QueuedTable<Row extends QueuedRow, Job extends Revised> {
  readonly entity: new () => Row;
  /** Property of the primary key. */
  readonly id: keyof Row & keyof Job & string;
  /** For messages. */
  readonly noun: string;
  readonly toJob: (row: Row) => Job;
  readonly toRow: (job: Job) => Partial<Row>;
}

/** Rows of jobs that people ask for and one process does in turn, the oldest first. */
export class QueuedRows<Row extends QueuedRow, Job extends Revised> {
  constructor(private readonly table: QueuedTable<Row, Job>) {}

  async find(tx: Tx, id: string): Promise<Job | null> {
    const { entity, toJob } = this.table;
    const row = await managerOf(tx).findOneBy(entity, this.#where({ [this.table.id]: id }));
    return row === null ? null : toJob(row);
  }

  async list(tx: Tx, limit: number): Promise<Job[]> {
    const { entity, toJob } = this.table;
    const rows = await managerOf(tx).find(entity, { order: this.#order('DESC'), take: limit });
    return rows.map(toJob);
  }

  /** The oldest that is to be done, or whose doing was cut off. */
  async next(tx: Tx): Promise<Job | null> {
    const { entity, toJob } = this.table;
    const where = this.#where({ state: In(['queued', 'running']) });
    const [row] = await managerOf(tx).find(entity, { where, order: this.#order('ASC'), take: 1 });
    return row === undefined ? null : toJob(row);
  }

  /** Answers the job as it is stored now. @throws AppError `version-conflict` (transient) when somebody else wrote */
  async save(tx: Tx, before: Job, next: Job): Promise<Job> {
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
