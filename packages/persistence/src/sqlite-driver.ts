import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { AppError } from '@spotopt/kernel';

/** Dates as TypeORM writes them on SQLite: UTC text with milliseconds, which sorts by time. */
export function sqliteInstant(date: Date): string {
  return date.toISOString().replace('T', ' ').replace('Z', '');
}

function bindable(value: unknown): SQLInputValue {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return sqliteInstant(value);
  if (value instanceof Uint8Array) return value;
  switch (typeof value) {
    case 'boolean':
      return value ? 1 : 0;
    case 'number':
    case 'bigint':
    case 'string':
      return value;
    default:
      throw AppError.bug('unbindable-parameter', `a ${typeof value} cannot be a parameter of SQL`);
  }
}

class Statement {
  readonly reader: boolean;

  constructor(
    private readonly statement: StatementSync,
    private readonly isNeeded: () => boolean,
  ) {
    this.reader = statement.columns().length > 0;
  }

  all(...parameters: unknown[]): Record<string, unknown>[] {
    return this.statement.all(...parameters.map(bindable)).map((row) => ({ ...row }));
  }

  get(...parameters: unknown[]): Record<string, unknown> | undefined {
    const row = this.statement.get(...parameters.map(bindable));
    return row === undefined ? undefined : { ...row };
  }

  run(...parameters: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    if (!this.isNeeded()) return { changes: 0, lastInsertRowid: 0 };
    return this.statement.run(...parameters.map(bindable));
  }
}

/** What TypeORM expects of the `better-sqlite3` package, on top of Node's own SQLite. */
export class NodeSqlite {
  readonly #database: DatabaseSync;

  constructor(file: string, options: { readonly timeout?: number } = {}) {
    this.#database = new DatabaseSync(file, { timeout: options.timeout ?? 5_000 });
  }

  prepare(sql: string): Statement {
    // SQLite ends a transaction by itself on some errors (disk full); TypeORM then still rolls back, and
    // would keep its own idea of an open transaction if that failed.
    const isRollback = sql === 'ROLLBACK';
    return new Statement(this.#database.prepare(sql), () => !isRollback || this.#database.isTransaction);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  pragma(text: string): Record<string, unknown>[] {
    return this.prepare(`PRAGMA ${text}`).all();
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/**
 * Keeps a second process from opening the same file: both would believe that they alone act. The lock is
 * a transaction held open on a file of its own, so it ends with the process, however that ends, and the
 * data can still be read from outside.
 * @throws AppError `database-in-use` (transient)
 */
export function lockSqliteFile(file: string): { readonly release: () => void } {
  if (file === ':memory:') return { release: () => undefined };
  mkdirSync(dirname(file), { recursive: true });
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw AppError.transient('database-in-use', `another process uses ${file}: stop it first`, {
      cause: error,
    });
  }
  return {
    release: () => {
      if (lock.isOpen) lock.close();
    },
  };
}
