import {
  IsNull,
  type EntityManager,
  type ObjectLiteral,
  type QueryRunner,
  type SelectQueryBuilder,
} from 'typeorm';
import { AppError, Tx } from '@spotopt/kernel';
import { isDuplicateKey } from './database-errors.js';
import type { Dialect } from './dialect.js';

type EntityClass<Row extends ObjectLiteral> = new () => Row;

/** A transaction of this package; what it holds is reached through the functions below. */
export class DatabaseTx extends Tx {
  #ended = false;
  #events = 0;

  constructor(
    override readonly mode: 'write' | 'read',
    private readonly runner: QueryRunner,
    readonly dialect: Dialect,
  ) {
    super();
  }

  queryRunner(): QueryRunner {
    if (this.#ended) {
      throw AppError.bug('transaction-over', 'a transaction handle was used after its closure had returned');
    }
    return this.runner;
  }

  end(): void {
    this.#ended = true;
  }

  noteEvents(count: number): void {
    this.#events += count;
  }

  get events(): number {
    return this.#events;
  }
}

/** @throws AppError `foreign-transaction` (bug) for a handle that another layer made */
export function databaseTx(tx: Tx): DatabaseTx {
  if (tx instanceof DatabaseTx) return tx;
  throw AppError.bug('foreign-transaction', 'the transaction handle was not made by the persistence layer');
}

/** The same, for what changes rows. */
export function writableTx(tx: Tx): DatabaseTx {
  const own = databaseTx(tx);
  if (own.mode === 'read')
    throw AppError.bug('read-only-transaction', 'UnitOfWork.read must not change rows');
  return own;
}

/** TypeORM's manager inside the transaction; for store files only. */
export function managerOf(tx: Tx): EntityManager {
  return databaseTx(tx).queryRunner().manager;
}

/** Rows of a SELECT in portable SQL with `?` for parameters. Instants come as `instantOf` reads them. */
export async function selectRows<Row extends ObjectLiteral>(
  tx: Tx,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const rows: unknown = await databaseTx(tx)
    .queryRunner()
    .query(sql, [...parameters]);
  return rows as Row[];
}

/** Runs an INSERT, UPDATE or DELETE in portable SQL; answers the number of rows that it matched. */
export async function changeRows(tx: Tx, sql: string, parameters: readonly unknown[] = []): Promise<number> {
  const result = await writableTx(tx)
    .queryRunner()
    .query(sql, [...parameters], true);
  return result.affected ?? 0;
}

/** Inserts the rows as they are; a duplicate key is an error that `isDuplicateKey` knows. */
export async function insertRows<Row extends ObjectLiteral>(
  tx: Tx,
  entity: EntityClass<Row>,
  ...rows: readonly Partial<Row>[]
): Promise<void> {
  if (rows.length === 0) return;
  const { manager } = writableTx(tx).queryRunner();
  await manager
    .createQueryBuilder()
    .insert()
    .into(entity)
    .values([...rows])
    .updateEntity(false)
    .execute();
}

/**
 * Inserts the row unless one with the same primary or unique key exists; answers whether it was inserted.
 * Waits for a transaction that has inserted the same key and not yet committed.
 */
export function insertIfAbsent<Row extends ObjectLiteral>(
  tx: Tx,
  entity: EntityClass<Row>,
  row: Partial<Row>,
): Promise<boolean> {
  return withoutDuplicate(() => insertRows(tx, entity, row));
}

/**
 * Inserts those of the rows whose `key` (the columns of the primary key) does not exist yet, in one statement.
 * Waits for transactions that hold one of the keys, so that what they did to it is done when this returns.
 */
export async function insertMissing<Row extends ObjectLiteral>(
  tx: Tx,
  entity: EntityClass<Row>,
  key: readonly string[],
  rows: readonly Partial<Row>[],
): Promise<void> {
  if (rows.length === 0) return;
  const { manager } = writableTx(tx).queryRunner();
  const [first = ''] = key;
  await manager
    .createQueryBuilder()
    .insert()
    .into(entity)
    .values([...rows])
    .orUpdate([first], [...key])
    .updateEntity(false)
    .execute();
}

/**
 * Guarded UPDATE: changes the rows that have all the values of `guard` (null means IS NULL) and answers how
 * many that were, whether or not a value differed.
 */
export async function updateRows<Row extends ObjectLiteral>(
  tx: Tx,
  entity: EntityClass<Row>,
  guard: Partial<Row>,
  change: Partial<Row>,
): Promise<number> {
  const { manager } = writableTx(tx).queryRunner();
  const where: Record<string, unknown> = {};
  for (const [key, value] of Object.entries<unknown>(guard)) where[key] = value === null ? IsNull() : value;
  const result = await manager.createQueryBuilder().update(entity).set(change).where(where).execute();
  return result.affected ?? 0;
}

/** Runs one INSERT; false when it met a duplicate key, which leaves the transaction usable. */
export async function withoutDuplicate(insert: () => Promise<unknown>): Promise<boolean> {
  try {
    await insert();
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Locks the rows that the query finds until the transaction ends, where several writers are possible. */
export function forUpdate<Row extends ObjectLiteral>(
  tx: Tx,
  query: SelectQueryBuilder<Row>,
): SelectQueryBuilder<Row> {
  return writableTx(tx).dialect.kind === 'mysql' ? query.setLock('pessimistic_write') : query;
}
