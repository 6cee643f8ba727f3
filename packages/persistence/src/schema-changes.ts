import { createHash } from 'node:crypto';
import type { QueryRunner, TableColumnOptions } from 'typeorm';

export interface IndexSpec {
  readonly columns: readonly string[];
  /** @default false */
  readonly unique?: boolean;
  /** @default derived from the table and the columns */
  readonly name?: string;
}

export interface TableSpec {
  readonly name: string;
  readonly columns: readonly TableColumnOptions[];
  readonly indexes?: readonly IndexSpec[];
}

/*
 * Statements are made here and not by TypeORM's schema API: that one rebuilds whole tables on SQLite and
 * keeps generated columns in a table of its own. Every change tolerates that it was already made, because
 * MySQL commits each statement of a migration by itself and a killed migration starts again.
 */

export async function createTable(runner: QueryRunner, table: TableSpec): Promise<void> {
  const sqlite = isSqlite(runner);
  const primary = table.columns.filter((column) => column.isPrimary === true);
  const lines = table.columns.map((column) => columnSql(column, sqlite));
  if (!primary.some((column) => column.isGenerated === true)) {
    lines.push(`PRIMARY KEY (${primary.map((column) => quoted(column.name)).join(', ')})`);
  }
  const options = sqlite ? '' : ' ENGINE=InnoDB';
  await runner.query(`CREATE TABLE IF NOT EXISTS ${quoted(table.name)} (${lines.join(', ')})${options}`);
  for (const index of table.indexes ?? []) await createIndex(runner, table.name, index);
}

export async function addColumn(
  runner: QueryRunner,
  table: string,
  column: TableColumnOptions,
): Promise<void> {
  if (await runner.hasColumn(table, column.name)) return;
  await runner.query(`ALTER TABLE ${quoted(table)} ADD COLUMN ${columnSql(column, isSqlite(runner))}`);
}

export async function createIndex(runner: QueryRunner, table: string, index: IndexSpec): Promise<void> {
  const name = index.name ?? indexName(table, index);
  if (await hasIndex(runner, table, name)) return;
  const columns = index.columns.map(quoted).join(', ');
  const unique = index.unique === true ? 'UNIQUE ' : '';
  await runner.query(`CREATE ${unique}INDEX ${quoted(name)} ON ${quoted(table)} (${columns})`);
}

export async function dropIndex(runner: QueryRunner, table: string, name: string): Promise<void> {
  if (!(await hasIndex(runner, table, name))) return;
  await runner.query(`DROP INDEX ${quoted(name)}${isSqlite(runner) ? '' : ` ON ${quoted(table)}`}`);
}

export async function dropTable(runner: QueryRunner, table: string): Promise<void> {
  await runner.query(`DROP TABLE IF EXISTS ${quoted(table)}`);
}

function columnSql(column: TableColumnOptions, sqlite: boolean): string {
  const name = quoted(column.name);
  if (column.isGenerated === true) {
    return sqlite
      ? `${name} INTEGER PRIMARY KEY AUTOINCREMENT`
      : `${name} bigint NOT NULL AUTO_INCREMENT PRIMARY KEY`;
  }
  const type = typeSql(column);
  if (column.asExpression !== undefined) {
    return `${name} ${type} GENERATED ALWAYS AS (${column.asExpression}) VIRTUAL`;
  }
  const nullable = column.isNullable === true ? 'NULL' : 'NOT NULL';
  return `${name} ${type} ${nullable}${defaultSql(column)}`;
}

/** Migrations give literal SQL. */
function defaultSql(column: TableColumnOptions): string {
  const value: unknown = column.default;
  return typeof value === 'string' || typeof value === 'number' ? ` DEFAULT ${String(value)}` : '';
}

function typeSql(column: TableColumnOptions): string {
  if (column.length !== undefined) return `${column.type}(${column.length})`;
  if (column.precision === undefined || column.precision === null) return column.type;
  const scale = column.scale === undefined ? '' : `,${String(column.scale)}`;
  return `${column.type}(${String(column.precision)}${scale})`;
}

/** MySQL allows 64 characters; on SQLite the name is unique in the whole database, so it names the table. */
function indexName(table: string, index: IndexSpec): string {
  const name = `${index.unique === true ? 'uq' : 'ix'}_${table}_${index.columns.join('_')}`;
  if (name.length <= 60) return name;
  return `${name.slice(0, 50)}_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

async function hasIndex(runner: QueryRunner, table: string, name: string): Promise<boolean> {
  const rows: unknown = isSqlite(runner)
    ? await runner.query("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?", [name])
    : await runner.query(
        'SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? AND index_name = ?',
        [table, name],
      );
  return Array.isArray(rows) && rows.length > 0;
}

function isSqlite(runner: QueryRunner): boolean {
  return runner.dataSource.options.type === 'better-sqlite3';
}

function quoted(name: string): string {
  return `\`${name}\``;
}
