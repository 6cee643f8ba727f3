import { join, resolve } from 'node:path';
import { AppError } from '@spotopt/kernel';

export interface MysqlTarget {
  readonly dialect: 'mysql';
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly schema: string;
  readonly tls: boolean;
}

export interface SqliteTarget {
  readonly dialect: 'sqlite';
  /** Path of the database file, or `:memory:`. */
  readonly file: string;
}

export type DatabaseTarget = MysqlTarget | SqliteTarget;

/**
 * Where a service keeps its data. `mysql://user:password@host:port/prefix` means the schema
 * `<prefix>_<service>` (with `?tls=true` over TLS), `sqlite:<directory>` the file
 * `<directory>/<service>.sqlite`, `sqlite::memory:` a database that ends with the process.
 * @throws AppError `database-url-invalid` (permanent)
 */
export function parseDatabaseUrl(url: string, service: string): DatabaseTarget {
  if (url.startsWith('sqlite:')) return sqliteTarget(url.slice('sqlite:'.length), service);
  if (/^(mysql|mariadb):\/\//.test(url)) return mysqlTarget(url, service);
  throw invalid('must start with "mysql://" or "sqlite:"');
}

/** The target as a person may see it: never with a password. */
export function describeTarget(target: DatabaseTarget): string {
  if (target.dialect === 'sqlite') return `SQLite file ${target.file}`;
  return `MySQL server ${target.host}:${String(target.port)} (user ${target.username}, schema ${target.schema})`;
}

function sqliteTarget(path: string, service: string): SqliteTarget {
  if (path === ':memory:') return { dialect: 'sqlite', file: ':memory:' };
  if (path === '') throw invalid('names no directory: use sqlite:<directory>');
  return { dialect: 'sqlite', file: join(resolve(path), `${service}.sqlite`) };
}

function mysqlTarget(url: string, service: string): MysqlTarget {
  if (!URL.canParse(url)) throw invalid('is not a URL');
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const prefix = decodeURIComponent(pathname.slice(1));
  if (hostname === '') throw invalid('names no host');
  if (!/^\w+$/.test(prefix)) throw invalid('needs a schema prefix of letters, digits and "_" as its path');
  return {
    dialect: 'mysql',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 3306 : Number(port),
    username: username === '' ? 'root' : decodeURIComponent(username),
    password: decodeURIComponent(password),
    schema: `${prefix}_${service.replaceAll('-', '_')}`,
    tls: searchParams.get('tls') === 'true',
  };
}

function invalid(problem: string): AppError {
  return AppError.permanent('database-url-invalid', `the database URL ${problem}`);
}
