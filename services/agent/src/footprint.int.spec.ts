import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@spotopt/testkit';
import { SimulatedCloud } from './testing/simulated-cloud.contract.js';

const LIMIT_MIB = 80;
const HERE = dirname(fileURLToPath(import.meta.url));

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/** As much of a gateway as an agent needs. */
class StubGateway {
  readonly requests: Request[] = [];
  commands: Record<string, unknown>[] = [];
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const path = request.url ?? '';
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
      this.requests.push({ method: request.method ?? '', path, body });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(this.#answer(path)));
    });
  });

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  sent(ending: string): Request[] {
    return this.requests.filter((request) => request.path.endsWith(ending));
  }

  #answer(path: string): unknown {
    const standing = { role: 'PRIMARY', epoch: 1 };
    if (path.endsWith('/register')) {
      return { agent_id: 'key-1', client_id: 'client-1', ...standing, config: { enabled: true } };
    }
    if (path.endsWith('/config')) return { enabled: true, ...standing };
    if (path.endsWith('/pending-commands')) return { commands: this.commands };
    return { success: true };
  }
}

let cloud: SimulatedCloud;
let directory: string;
const gateway = new StubGateway();

beforeAll(async () => {
  cloud = await SimulatedCloud.start();
  await gateway.start();
  directory = await mkdtemp(join(tmpdir(), 'agent-process-'));
});

afterAll(async () => {
  await cloud.stop();
  await gateway.stop();
  await rm(directory, { recursive: true, force: true });
});

async function startCommand(): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(HERE, '..', 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  return manifest.scripts.start.split(' ').slice(1);
}

async function run(environment: Record<string, string>): Promise<ChildProcess & { output: () => string }> {
  const child = spawn(process.execPath, await startCommand(), { cwd: join(HERE, '..'), env: environment });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return Object.assign(child, { output: () => output });
}

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

const exitCode = (child: ChildProcess): Promise<number | null> =>
  waitFor(() => (child.exitCode === null ? undefined : { code: child.exitCode }), { what: 'the exit' }).then(
    ({ code }) => code,
  );

describe('the agent as a process', () => {
  it(`stays under ${String(LIMIT_MIB)} MiB after registering, heartbeats, prices and a launch; ends cleanly`, async () => {
    const ec2InstanceId = await cloud.launchRunning();
    const child = await run({
      SPOT_OPTIMIZER_SERVER_URL: gateway.url,
      SPOT_OPTIMIZER_CLIENT_TOKEN: 'token',
      SPOTOPT_METADATA_URL: cloud.metadataUrl(ec2InstanceId),
      SPOTOPT_AWS_ENDPOINT: cloud.simulator.endpoint,
      SPOTOPT_SIMULATOR_URL: cloud.simulator.endpoint,
      SPOTOPT_STATE_FILE: join(directory, 'state.json'),
      AWS_ACCESS_KEY_ID: 'simulated',
      AWS_SECRET_ACCESS_KEY: 'simulated',
      HEARTBEAT_INTERVAL: '0.2',
      PENDING_COMMANDS_CHECK_INTERVAL: '0.2',
      CONFIG_REFRESH_INTERVAL: '0.3',
      TERMINATION_CHECK_INTERVAL: '0.1',
      PRICING_REPORT_INTERVAL: '1',
    });
    try {
      await waitFor(() => gateway.sent('/pricing-report').length >= 1, {
        what: 'prices',
        timeoutMs: 20_000,
      });
      gateway.commands = [
        {
          id: 'c1',
          command_type: 'create_replica',
          replica_id: 'replica-1',
          target_mode: 'spot',
          target_pool_id: 'm5.large.us-east-1b',
          epoch: 1,
          deadline_at: '2099-01-01T00:00:00.000Z',
        },
      ];
      const [executed] = await waitFor(
        () => {
          const found = gateway.sent('/commands/c1/executed');
          return found.length > 0 ? found : undefined;
        },
        { what: 'the launch', timeoutMs: 20_000 },
      );
      expect(executed?.body).toMatchObject({ success: true });
      gateway.commands = [];
      const before = gateway.sent('/heartbeat').length;
      await waitFor(() => gateway.sent('/heartbeat').length > before + 20, { what: 'more heartbeats' });
      const mib = await residentMib(child.pid ?? 0);
      process.stdout.write(`agent resident memory: ${mib.toFixed(1)} MiB\n`);
      expect(mib).toBeLessThan(LIMIT_MIB);
      child.kill('SIGTERM');
      await expect(exitCode(child)).resolves.toBe(0);
      expect(gateway.sent('/heartbeat').at(-1)?.body).toMatchObject({
        status: 'offline',
        monitored_instances: [],
      });
    } finally {
      child.kill('SIGKILL');
    }
  }, 60_000);

  it('names every problem of its configuration and exits with 78', async () => {
    const child = await run({ HEARTBEAT_INTERVAL: 'often' });
    await expect(exitCode(child)).resolves.toBe(78);
    expect(child.output()).toMatch(/SPOT_OPTIMIZER_SERVER_URL/);
    expect(child.output()).toMatch(/SPOT_OPTIMIZER_CLIENT_TOKEN/);
    expect(child.output()).toMatch(/HEARTBEAT_INTERVAL/);
  });
});
