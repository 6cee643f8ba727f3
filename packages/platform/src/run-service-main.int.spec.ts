import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SystemClock } from '@spotopt/kernel';
import { MemoryAttemptStore, RabbitMessageBus } from '@spotopt/messaging';
import { rabbitUrl, waitFor } from '@spotopt/testkit';
import { silentLogger } from './logging.js';

const MAIN = join(import.meta.dirname, 'testing', 'example-main.contract.js');
const NOBODY = '127.0.0.1:1';
const PREFIX = 'platform-test.';

interface Run {
  readonly child: ChildProcess;
  stdout: string;
  stderr: string;
  readonly ended: Promise<number | null>;
}

let folder: string;
const runs: Run[] = [];

function start(env: Readonly<Record<string, string>>, ...args: readonly string[]): Run {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', HEALTH_PORT: '0', START_TIMEOUT_MS: '1000', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const run: Run = { child, stdout: '', stderr: '', ended };
  child.stdout.on('data', (chunk: Buffer) => (run.stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (run.stderr += chunk.toString('utf8')));
  runs.push(run);
  return run;
}

/** Runs to the end, and expects one message on standard error without a stack. */
async function failure(
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; message: string }> {
  const run = start(env);
  const code = await run.ended;
  expect(run.stderr).not.toMatch(/^\s+at /m);
  expect(run.stdout).not.toMatch(/^\s+at /m);
  return { code, message: run.stderr };
}

const good = (): Record<string, string> => ({
  DATABASE_URL: `sqlite:${folder}`,
  RABBITMQ_URL: rabbitUrl(),
  RABBITMQ_PREFIX: PREFIX,
});

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'main-'));
});

afterEach(async () => {
  for (const run of runs.splice(0)) {
    if (run.child.exitCode === null) run.child.kill('SIGKILL');
    await run.ended;
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a service that cannot start', () => {
  test('wrong settings: every problem, exit code 78', async () => {
    const { code, message } = await failure({ HEALTH_PORT: 'high', API_KEY_FILE: '/nowhere' });
    expect(code).toBe(78);
    expect(message).toBe(
      [
        'pricing: The configuration cannot be used (4 problems):',
        '  DATABASE_URL is not set; expected a URL like mysql://user:password@host:3306/spotopt',
        '  RABBITMQ_URL is not set; expected a URL like amqp://user:password@host:5672',
        '  HEALTH_PORT is "high"; expected a whole number from 0 to 65535',
        '  API_KEY_FILE is "/nowhere"; expected a readable file',
        '',
      ].join('\n'),
    );
  });

  test('no broker: what to do, exit code 69', async () => {
    const { code, message } = await failure({ ...good(), RABBITMQ_URL: `amqp://user:hunter2@${NOBODY}` });
    expect(code).toBe(69);
    expect(message).toContain(`no broker at ${NOBODY}`);
    expect(message).toContain('start it, or correct RABBITMQ_URL');
    expect(message).not.toContain('hunter2');
    expect(message.trim().split('\n')).toHaveLength(1);
  });

  test('no database: what to do, exit code 69', async () => {
    const { code, message } = await failure({
      ...good(),
      DATABASE_URL: `mysql://root:hunter2@${NOBODY}/spotopt`,
    });
    expect(code).toBe(69);
    expect(message).toContain('start it, or correct the database URL');
    expect(message).not.toContain('hunter2');
    expect(message.trim().split('\n')).toHaveLength(1);
  });

  test('a wrong database URL is a wrong setting', async () => {
    const { code, message } = await failure({ ...good(), DATABASE_URL: 'mysql://127.0.0.1' });
    expect(code).toBe(78);
    expect(message).toContain('correct DATABASE_URL');
  });

  describe('with its port taken', () => {
    let other: Server;

    beforeAll(async () => {
      other = createServer();
      other.listen(0, '127.0.0.1');
      await once(other, 'listening');
    });

    afterAll(() => {
      other.close();
    });

    test('names the port and the settings, exit code 1', async () => {
      const { port } = other.address() as AddressInfo;
      const { code, message } = await failure({ ...good(), HEALTH_PORT: String(port) });
      expect(code).toBe(1);
      expect(message).toBe(
        `pricing cannot start: port ${String(port)} is in use by another program: ` +
          'stop that one, or set HTTP_PORT or HEALTH_PORT to a free port\n',
      );
    });
  });
});

describe('a service that runs', () => {
  afterAll(async () => {
    const bus = await RabbitMessageBus.connect({
      url: rabbitUrl(),
      prefix: PREFIX,
      clock: new SystemClock(),
      attempts: new MemoryAttemptStore(),
      logger: silentLogger(),
    });
    await bus.deleteQueue('pricing.client-created');
    await bus.deleteQueue('pricing.client-created.dead');
    await bus.close(0);
  });

  async function healthPortOf(run: Run): Promise<number> {
    const line = await waitFor(() => run.stdout.split('\n').find((text) => text.includes('is running')), {
      what: `the service to run after ${run.stdout}${run.stderr}`,
      timeoutMs: 20_000,
    });
    return (JSON.parse(line) as { healthPort: number }).healthPort;
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('is ready, and %s ends it with 0', async (signal) => {
    const run = start(good());
    const port = await healthPortOf(run);
    const response = await fetch(`http://127.0.0.1:${String(port)}/health/ready`);
    expect(await response.json()).toMatchObject({
      status: 'up',
      checks: { bus: { ok: true }, database: { ok: true } },
    });
    run.child.kill(signal);
    run.child.kill(signal);
    expect(await run.ended).toBe(0);
    expect(run.stderr).toBe('');
    expect(run.stdout).toContain('"message":"stopped"');
  });

  test('a promise that nobody waited for ends it with 1, and the log says why', async () => {
    const run = start(good(), '--leave-rejection');
    expect(await run.ended).toBe(1);
    expect(run.stdout).toContain('nobody waited for this');
    expect(run.stdout).toContain('"kind":"unhandledRejection"');
  });
});
