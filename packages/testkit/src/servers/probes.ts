import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';

const TIMEOUT_MS = 4_000;
/** Oldest server of each product that has what the schema and the queues need. */
const OLDEST_MYSQL: readonly [number, number] = [8, 0];
const OLDEST_MARIADB: readonly [number, number] = [10, 6];
const OLDEST_RABBITMQ: readonly [number, number] = [3, 10];

/** Logs in to MySQL or MariaDB and makes and drops a schema. */
export async function probeMysql(url: string): Promise<string> {
  const { hostname, port, username, password } = new URL(url);
  const connection = await createConnection({
    host: hostname,
    port: Number(port || 3306),
    user: decodeURIComponent(username || 'root'),
    password: decodeURIComponent(password),
    connectTimeout: TIMEOUT_MS,
  });
  try {
    const [rows] = await connection.query('SELECT VERSION() AS version');
    const version = textOf(Array.isArray(rows) ? rows[0] : undefined, 'version');
    const isMariaDb = /mariadb/i.test(version);
    requireVersion(version, isMariaDb ? OLDEST_MARIADB : OLDEST_MYSQL);
    const schema = `spotopt_test_probe_${randomUUID().replaceAll('-', '')}`;
    await connection.query(`CREATE DATABASE ${schema}`);
    await connection.query(`DROP DATABASE ${schema}`);
    return `${isMariaDb ? 'MariaDB' : 'MySQL'} ${version.split('-')[0] ?? version}`;
  } finally {
    connection.destroy();
  }
}

/** Logs in to RabbitMQ and declares a queue of its own. */
export async function probeRabbit(url: string): Promise<string> {
  const model = await connect(url, { timeout: TIMEOUT_MS });
  model.on('error', () => {
    // Reported by the call that is under way.
  });
  try {
    const version = textOf(model.connection.serverProperties, 'version');
    requireVersion(version, OLDEST_RABBITMQ);
    const channel = await model.createChannel();
    await channel.assertQueue('', { exclusive: true });
    return `RabbitMQ ${version}`;
  } finally {
    await model.close();
  }
}

/** Logs in to Redis and asks what it is. */
export async function probeRedis(url: string): Promise<string> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let problem: unknown;
  client.on('error', (error: unknown) => {
    problem = error;
  });
  try {
    await client.connect();
    const info = await client.info('server');
    return `Redis ${/redis_version:(\S+)/.exec(info)?.[1] ?? 'of unknown version'}`;
  } catch (error) {
    throw problem ?? error;
  } finally {
    // On a client that has already ended this would leave a timer behind.
    if (client.status !== 'end') client.disconnect();
  }
}

function requireVersion(version: string, [major, minor]: readonly [number, number]): void {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (hasMajor > major || (hasMajor === major && hasMinor >= minor)) return;
  throw new Error(`version ${version} is older than ${String(major)}.${String(minor)}`);
}

function textOf(holder: unknown, key: string): string {
  const value: unknown = typeof holder === 'object' && holder !== null ? Reflect.get(holder, key) : undefined;
  return typeof value === 'string' ? value : '';
}
