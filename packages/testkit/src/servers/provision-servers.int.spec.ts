import { describe, expect, it } from '@jest/globals';
import { mysqlUrl, rabbitUrl, redisUrl } from '../index.js';
import { provisionServers } from './provision-servers.js';
import { probeRedis } from './probes.js';

const GIVEN = { TEST_MYSQL_URL: mysqlUrl(), TEST_RABBITMQ_URL: rabbitUrl(), TEST_REDIS_URL: redisUrl() };

describe('provisioning', () => {
  it('takes the servers that variables name, and says which they are', async () => {
    const lines: string[] = [];
    const servers = await provisionServers({ environment: GIVEN, log: (line) => lines.push(line) });
    expect(servers).toMatchObject({ mysqlUrl: mysqlUrl(), rabbitUrl: rabbitUrl(), redisUrl: redisUrl() });
    expect(servers.description).toEqual([
      expect.stringMatching(/^MySQL: (MySQL|MariaDB) [\d.]+, TEST_MYSQL_URL, mysql:/),
      expect.stringMatching(/^RabbitMQ: RabbitMQ [\d.]+, TEST_RABBITMQ_URL, amqp:/),
      expect.stringMatching(/^Redis: Redis [\d.]+, TEST_REDIS_URL, redis:/),
    ]);
    expect(lines).toEqual(servers.description);
    await servers.stop();
  });

  it('refuses a server that a variable names and that does not work, without its password', async () => {
    const environment = { ...GIVEN, TEST_REDIS_URL: 'redis://:secret@127.0.0.1:1' };
    const failure: unknown = await provisionServers({ environment, log: () => undefined }).catch(
      (error: unknown) => error,
    );
    expect(String(failure)).toContain('TEST_REDIS_URL is set to redis://:***@127.0.0.1:1');
    expect(String(failure)).not.toContain('secret');
  });

  it('adds the prefix of test schemas to a server without a path', async () => {
    const url = new URL(mysqlUrl());
    url.pathname = '';
    const servers = await provisionServers({
      environment: { ...GIVEN, TEST_MYSQL_URL: url.href },
      log: () => undefined,
    });
    expect(new URL(servers.mysqlUrl).pathname).toBe('/spotopt_test');
  });

  it('starts a server of its own where none is given, and stops it again', async () => {
    const environment = { ...GIVEN, TEST_REDIS_URL: '', SPOTOPT_TEST_NO_LOCALHOST: '1' };
    const servers = await provisionServers({ environment, log: () => undefined });
    expect(servers.redisUrl).not.toBe(redisUrl());
    expect(await probeRedis(servers.redisUrl)).toMatch(/^Redis /);
    await servers.stop();
    await expect(probeRedis(servers.redisUrl)).rejects.toThrow();
  }, 240_000);

  it('starts nothing more once it was told to stop', async () => {
    const abort = new AbortController();
    abort.abort();
    const given = {
      environment: { SPOTOPT_TEST_NO_LOCALHOST: '1' },
      log: () => undefined,
      signal: abort.signal,
    };
    await expect(provisionServers(given)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
