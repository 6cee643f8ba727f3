import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { SystemClock, UlidIds, type Clock, type Ids } from '@spotopt/kernel';
import {
  openDatabase,
  type Database,
  type EntityClass,
  type MigrationClass,
  type PersistenceLogger,
} from '@spotopt/persistence';
import { mysqlUrl, type DatabaseDialect } from './test-servers.js';

export interface TestDatabaseOptions {
  readonly service: string;
  readonly entities?: readonly EntityClass[];
  readonly migrations?: readonly MigrationClass[];
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly random?: () => number;
  readonly logger?: PersistenceLogger;
}

export interface TestDatabase {
  readonly database: Database;
  /** URL to open the same data again with `openDatabase` (on SQLite after `database.close()`). */
  readonly url: string;
  /** Opens the same data as another process would, for example after a crash. */
  open(): Promise<Database>;
  /** Closes what was opened here and removes the data. */
  cleanUp(): Promise<void>;
}

let created = 0;

/** A new, migrated, empty database of its own for one test file or one test. */
export async function testDatabase(
  dialect: DatabaseDialect,
  options: TestDatabaseOptions,
): Promise<TestDatabase> {
  created += 1;
  const place = dialect === 'mysql' ? mysqlPlace(options.service) : await sqlitePlace();
  const opened: Database[] = [];
  const open = async (): Promise<Database> => {
    const database = await openDatabase({
      entities: [],
      migrations: [],
      clock: new SystemClock(),
      ids: new UlidIds(),
      random: () => 0.5,
      ...options,
      url: place.url,
      connectTimeoutMs: 5_000,
    });
    opened.push(database);
    return database;
  };
  return {
    database: await open(),
    url: place.url,
    open,
    cleanUp: async () => {
      await Promise.all(opened.map((database) => database.close()));
      await place.remove();
    },
  };
}

interface Place {
  readonly url: string;
  remove(): Promise<void>;
}

async function sqlitePlace(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'spotopt-test-'));
  return {
    url: `sqlite:${directory}`,
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

function mysqlPlace(service: string): Place {
  const url = new URL(mysqlUrl());
  url.pathname += `_${String(process.pid)}_${Date.now().toString(36)}_${String(created)}`;
  const schema = `${url.pathname.slice(1)}_${service.replaceAll('-', '_')}`;
  return {
    url: url.href,
    remove: async () => {
      const connection = await createConnection({
        host: url.hostname,
        port: Number(url.port || 3306),
        user: decodeURIComponent(url.username || 'root'),
        password: decodeURIComponent(url.password),
      });
      try {
        await connection.query(`DROP DATABASE IF EXISTS \`${schema}\``);
      } finally {
        await connection.end();
      }
    },
  };
}
