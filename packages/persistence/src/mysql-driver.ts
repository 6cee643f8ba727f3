import mysql from 'mysql2';
import type { Connection, Pool, PoolOptions } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import { AppError } from '@spotopt/kernel';
import type { MysqlTarget } from './database-url.js';

const SQL_MODE = [
  'STRICT_TRANS_TABLES',
  'ONLY_FULL_GROUP_BY',
  'NO_ZERO_IN_DATE',
  'NO_ZERO_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_ENGINE_SUBSTITUTION',
].join(',');

/**
 * READ COMMITTED: every write that decides is a guarded UPDATE or a unique INSERT, and gap locks would
 * only add deadlocks. The mode is MySQL's default, so that MariaDB is as strict. A lock is waited for
 * 5 s instead of 50: an interruption has two minutes.
 */
const SESSION = [
  "time_zone = '+00:00'",
  `sql_mode = '${SQL_MODE}'`,
  "transaction_isolation = 'READ-COMMITTED'",
  'innodb_lock_wait_timeout = 5',
];
const MIGRATION_LOCK_SECONDS = 120;

function sessionSql(version: string): string {
  const assignments = /mariadb/i.test(version)
    ? SESSION.map((assignment) => assignment.replace('transaction_isolation', 'tx_isolation'))
    : SESSION;
  return `SET SESSION ${assignments.join(', ')}`;
}

/**
 * What TypeORM expects of the `mysql2` package. Every connection gets the session settings; once `watch` was
 * called, one on which nothing comes back for that long is given up, because a server that vanished without
 * a word (a fail-over, a lost host) would otherwise be waited for until TCP gives up, a quarter of an hour.
 */
export class MysqlDriver {
  readonly #sockets = new Set<Socket>();
  #silenceMs = 0;

  constructor(private readonly version: string) {}

  createPool(options: PoolOptions): Pool {
    const pool = mysql.createPool(options);
    pool.on('connection', (connection) => {
      this.#prepare(connection);
      const socket: unknown = Reflect.get(connection, 'stream');
      if (!(socket instanceof Socket)) return;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      this.#limit(socket);
    });
    return pool;
  }

  /** Not before the migrations: they may take their time. */
  watch(silenceMs: number): void {
    this.#silenceMs = silenceMs;
    for (const socket of this.#sockets) this.#limit(socket);
  }

  #prepare(connection: Connection): void {
    connection.query(sessionSql(this.version), (error) => {
      // A connection with other settings than asked for must not serve anybody.
      if (error !== null) connection.destroy();
    });
  }

  #limit(socket: Socket): void {
    socket.setTimeout(this.#silenceMs, () => {
      const message = `the server was silent for ${String(this.#silenceMs)} ms`;
      socket.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' }));
    });
  }
}

export interface SchemaLock {
  readonly version: string;
  readonly release: () => void;
}

/**
 * Makes the schema exist and lets only one process at a time change it. The lock is the server's named
 * lock on a connection of its own, used for nothing else: it ends with the connection.
 */
export async function lockMysqlSchema(target: MysqlTarget, connectTimeoutMs: number): Promise<SchemaLock> {
  const { host, port, username: user, password, schema, tls } = target;
  const connection = await createConnection({
    host,
    port,
    user,
    password,
    connectTimeout: connectTimeoutMs,
    charset: 'utf8mb4_bin',
    ...(tls ? { ssl: {} } : {}),
  });
  connection.on('error', () => {
    // The lock is gone with the connection; the next statement of its user reports that.
  });
  try {
    const name = `spotopt:${createHash('sha256').update(schema).digest('hex').slice(0, 40)}`;
    const [lockRows] = await connection.query('SELECT GET_LOCK(?, ?) AS locked', [
      name,
      MIGRATION_LOCK_SECONDS,
    ]);
    if (firstValue(lockRows, 'locked') !== 1) {
      throw AppError.transient(
        'database-locked',
        `another process has been migrating ${schema} for too long`,
      );
    }
    const [versionRows] = await connection.query('SELECT VERSION() AS version');
    await ensureSchema(connection, schema);
    return {
      version: String(firstValue(versionRows, 'version')),
      release: () => {
        connection.destroy();
      },
    };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

interface Queries {
  query(sql: string, values?: unknown[]): Promise<[unknown, unknown]>;
}

async function ensureSchema(connection: Queries, schema: string): Promise<void> {
  const [rows] = await connection.query(
    'SELECT default_collation_name AS collation_name FROM information_schema.schemata WHERE schema_name = ?',
    [schema],
  );
  const collation = firstValue(rows, 'collation_name');
  if (collation === undefined) {
    await connection.query(`CREATE DATABASE \`${schema}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  } else if (collation !== 'utf8mb4_bin') {
    await connection.query(`ALTER DATABASE \`${schema}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  }
}

function firstValue(rows: unknown, column: string): unknown {
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  return typeof row === 'object' && row !== null ? Reflect.get(row, column) : undefined;
}
