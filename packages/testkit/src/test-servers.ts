export type DatabaseDialect = 'sqlite' | 'mysql';

/** Every dialect that a store must work on. */
export function databaseDialects(): DatabaseDialect[] {
  return ['sqlite', 'mysql'];
}

/** Server for tests; the test command sets the variable to what it provided. */
export function mysqlUrl(): string {
  return process.env['TEST_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306/spotopt_test';
}

export function rabbitUrl(): string {
  return process.env['TEST_RABBITMQ_URL'] ?? 'amqp://guest:guest@127.0.0.1:5672';
}

export function redisUrl(): string {
  return process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';
}
