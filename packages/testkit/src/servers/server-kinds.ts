import { probeMysql, probeRabbit, probeRedis } from './probes.js';

export type ServerKind = 'mysql' | 'rabbitmq' | 'redis';

export interface ServerSpec {
  readonly kind: ServerKind;
  readonly title: string;
  /** Names a server to use; what it names must work. */
  readonly variable: string;
  readonly exampleUrl: string;
  /** Usual port and usual credentials. */
  readonly localUrls: readonly string[];
  readonly image: string;
  readonly containerPort: number;
  readonly containerEnvironment: Readonly<Record<string, string>>;
  readonly containerUrl: (host: string, port: number) => string;
  readonly debianPackage: string;
  /**
   * Logs in and does what tests will do; answers product and version.
   * @throws when it cannot
   */
  readonly probe: (url: string) => Promise<string>;
}

/** Prefix of every schema that tests make. */
const SCHEMA_PREFIX = 'spotopt_test';

export const SERVERS: readonly ServerSpec[] = [
  {
    kind: 'mysql',
    title: 'MySQL',
    variable: 'TEST_MYSQL_URL',
    exampleUrl: `mysql://root:password@127.0.0.1:3306/${SCHEMA_PREFIX}`,
    localUrls: ['root', 'root:root', 'root:password'].map(
      (login) => `mysql://${login}@127.0.0.1:3306/${SCHEMA_PREFIX}`,
    ),
    image: 'mysql:8.4',
    containerPort: 3306,
    containerEnvironment: { MYSQL_ROOT_PASSWORD: 'test' },
    containerUrl: (host, port) => `mysql://root:test@${host}:${String(port)}/${SCHEMA_PREFIX}`,
    debianPackage: 'mariadb-server',
    probe: probeMysql,
  },
  {
    kind: 'rabbitmq',
    title: 'RabbitMQ',
    variable: 'TEST_RABBITMQ_URL',
    exampleUrl: 'amqp://guest:guest@127.0.0.1:5672',
    localUrls: ['amqp://guest:guest@127.0.0.1:5672'],
    image: 'rabbitmq:4',
    containerPort: 5672,
    containerEnvironment: { RABBITMQ_DEFAULT_USER: 'test', RABBITMQ_DEFAULT_PASS: 'test' },
    containerUrl: (host, port) => `amqp://test:test@${host}:${String(port)}`,
    debianPackage: 'rabbitmq-server',
    probe: probeRabbit,
  },
  {
    kind: 'redis',
    title: 'Redis',
    variable: 'TEST_REDIS_URL',
    exampleUrl: 'redis://127.0.0.1:6379',
    localUrls: ['redis://127.0.0.1:6379'],
    image: 'redis:7',
    containerPort: 6379,
    containerEnvironment: {},
    containerUrl: (host, port) => `redis://${host}:${String(port)}`,
    debianPackage: 'redis-server',
    probe: probeRedis,
  },
];

/** The URL of a MySQL server with the prefix of test schemas, if it has no path of its own. */
export function withSchemaPrefix(spec: ServerSpec, url: string): string {
  if (spec.kind !== 'mysql' || !URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.pathname.length > 1) return url;
  parsed.pathname = `/${SCHEMA_PREFIX}`;
  return parsed.href;
}

/** A URL as it may be printed. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '***';
  return parsed.href;
}
