import 'reflect-metadata';
import { DataSource, type MigrationInterface, type ObjectLiteral } from 'typeorm';
import { AppError, SystemClock, backoffMs, isAppError, type Clock, type Ids } from '@spotopt/kernel';
import { isUnavailable } from './database-errors.js';
import {
  describeTarget,
  parseDatabaseUrl,
  type DatabaseTarget,
  type MysqlTarget,
  type SqliteTarget,
} from './database-url.js';
import { Database } from './database.js';
import { MYSQL, SQLITE } from './dialect.js';
import { MysqlDriver, lockMysqlSchema } from './mysql-driver.js';
import { PlatformTables } from './platform-tables.js';
import { NodeSqlite, lockSqliteFile } from './sqlite-driver.js';

const MIGRATIONS_TABLE = 'schema_migration';
const RETRY = { initialMs: 250, maxMs: 5_000 };
/** A file that another process uses stays in use; only its last moments are waited for. */
const SQLITE_PATIENCE_MS = 3_000;

export interface PersistenceLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export type EntityClass = new () => ObjectLiteral;
export type MigrationClass = new () => MigrationInterface;

export interface OpenDatabaseOptions {
  readonly url: string;
  readonly service: string;
  readonly entities: readonly EntityClass[];
  readonly migrations: readonly MigrationClass[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: () => number;
  readonly logger?: PersistenceLogger;
  /** How long an absent server is waited for, in real time. @default 30 s */
  readonly connectTimeoutMs?: number;
  /** A connection to MySQL that gives no answer for so long is given up, in real time. @default 20 s */
  readonly silenceMs?: number;
  /** Connections to MySQL. @default 10 */
  readonly poolSize?: number;
}

interface Opened {
  readonly source: DataSource;
  readonly release: () => void;
}

/**
 * Opens a service's database, creates it when it does not exist and brings its schema up to date; several
 * processes may do so at the same time.
 * @throws AppError `database-unavailable` (transient) after `connectTimeoutMs`, `database-access-denied`,
 *   `database-schema-newer`, `database-url-invalid` (permanent)
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const target = parseDatabaseUrl(options.url, options.service);
  const opened = await withPatience(target, options, () =>
    target.dialect === 'mysql' ? openMysql(target, options) : openSqlite(target, options),
  );
  return new Database({
    source: opened.source,
    dialect: target.dialect === 'mysql' ? MYSQL : SQLITE,
    clock: options.clock,
    random: options.random,
    ids: options.ids,
    onClose: opened.release,
  });
}

async function withPatience(
  target: DatabaseTarget,
  options: OpenDatabaseOptions,
  open: () => Promise<Opened>,
): Promise<Opened> {
  const realTime = new SystemClock();
  const wantedMs = options.connectTimeoutMs ?? 30_000;
  const giveUpAtMs =
    realTime.nowMs() + (target.dialect === 'sqlite' ? Math.min(SQLITE_PATIENCE_MS, wantedMs) : wantedMs);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      const failure = openingFailure(error, target);
      const waitMs = backoffMs(attempt, RETRY, options.random());
      if (!isAppError(failure) || failure.kind !== 'transient') throw failure;
      if (realTime.nowMs() + waitMs > giveUpAtMs) throw failure;
      options.logger?.warn({ attempt, waitMs, cause: failure.message }, 'waiting for the database');
      await realTime.sleep(waitMs);
    }
  }
}

function openingFailure(error: unknown, target: DatabaseTarget): unknown {
  if (isAppError(error)) return error;
  const where = describeTarget(target);
  const reason = error instanceof Error && error.message !== '' ? error.message : errorCode(error);
  if (/^ER_(ACCESS_DENIED|DBACCESS_DENIED)/.test(errorCode(error))) {
    return AppError.permanent(
      'database-access-denied',
      `${where} refuses access (${reason}): check user and password of the database URL, and that the user may create the schema or that it exists`,
      { cause: error },
    );
  }
  if (!isUnavailable(error)) return error;
  return AppError.transient(
    'database-unavailable',
    `${where} cannot be used (${reason}): start it, or correct the database URL`,
    { cause: error },
  );
}

function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

async function openMysql(target: MysqlTarget, options: OpenDatabaseOptions): Promise<Opened> {
  const connectTimeoutMs = Math.min(options.connectTimeoutMs ?? 30_000, 10_000);
  const lock = await lockMysqlSchema(target, connectTimeoutMs);
  try {
    const driver = new MysqlDriver(lock.version);
    const source = new DataSource({
      type: 'mysql',
      driver,
      host: target.host,
      port: target.port,
      username: target.username,
      password: target.password,
      database: target.schema,
      charset: 'utf8mb4_bin',
      timezone: 'Z',
      // Counts and sums come as numbers, as they do on SQLite.
      supportBigNumbers: true,
      bigNumberStrings: false,
      extra: { decimalNumbers: true },
      connectTimeout: connectTimeoutMs,
      poolSize: options.poolSize ?? 10,
      ...(target.tls ? { ssl: {} } : {}),
      ...commonOptions(options),
    });
    await initialize(source);
    driver.watch(options.silenceMs ?? 20_000);
    return { source, release: () => undefined };
  } finally {
    lock.release();
  }
}

/**
 * WAL with `synchronous = NORMAL`: a commit is in the operating system's hands when it returns, so a killed
 * process loses nothing; a power failure may lose the last commits but never breaks the file.
 */
async function openSqlite(target: SqliteTarget, options: OpenDatabaseOptions): Promise<Opened> {
  const lock = lockSqliteFile(target.file);
  const source = new DataSource({
    type: 'better-sqlite3',
    driver: NodeSqlite,
    database: target.file,
    prepareDatabase: (database: NodeSqlite) => {
      if (target.file !== ':memory:') database.pragma('journal_mode = WAL');
      database.pragma('synchronous = NORMAL');
    },
    ...commonOptions(options),
  });
  try {
    await initialize(source);
    // Nobody else can be publishing: what a predecessor held when it was killed is free.
    await source.query('UPDATE outbox SET held_until = NULL, held_by = NULL WHERE sent_at IS NULL');
    return { source, release: lock.release };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function commonOptions(options: OpenDatabaseOptions) {
  return {
    entities: [...options.entities],
    migrations: [PlatformTables, ...options.migrations],
    migrationsTableName: MIGRATIONS_TABLE,
    synchronize: false,
    logging: false,
  };
}

async function initialize(source: DataSource): Promise<void> {
  await source.initialize();
  try {
    await refuseNewerSchema(source);
    await source.runMigrations({ transaction: 'each' });
  } catch (error) {
    await source.destroy();
    throw error;
  }
}

async function refuseNewerSchema(source: DataSource): Promise<void> {
  const runner = source.createQueryRunner();
  try {
    if (!(await runner.hasTable(MIGRATIONS_TABLE))) return;
    const rows: unknown = await runner.query(`SELECT name FROM ${MIGRATIONS_TABLE}`);
    const known = new Set(source.migrations.map((migration) => migration.name ?? migration.constructor.name));
    const unknown = (rows as { name: string }[]).map((row) => row.name).filter((name) => !known.has(name));
    if (unknown.length === 0) return;
    throw AppError.permanent(
      'database-schema-newer',
      `the database was migrated by a newer version (${unknown.join(', ')}): start that version, or restore a backup`,
      { details: { unknown } },
    );
  } finally {
    await runner.release();
  }
}
