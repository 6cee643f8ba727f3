import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SystemClock, UlidIds } from '@spotopt/kernel';
import { MemoryAttemptStore, RabbitMessageBus, silentLogger } from '@spotopt/messaging';
import { rabbitUrl, waitFor } from '@spotopt/testkit';
import { SimulatedCloud } from './testing/simulated-cloud.contract.js';

const LIMIT_MIB = 80;
const HERE = dirname(fileURLToPath(import.meta.url));

interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/** As much of a gateway as an agent needs. */
class StubGateway {
  readonly requests: StubRequest[] = [];
  commands: Record<string, unknown>[] = [];
  agentKey = 'key-1';
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

  sent(ending: string): StubRequest[] {
    return this.requests.filter((request) => request.path.endsWith(ending));
  }

  #answer(path: string): unknown {
    const standing = { role: 'PRIMARY', epoch: 1 };
    if (path.endsWith('/register')) {
      return { agent_id: this.agentKey, client_id: 'client-1', ...standing, config: { enabled: true } };
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

class AgentProcess {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(arguments_: string[], environment: Record<string, string>) {
    this.#child = spawn(process.execPath, arguments_, { cwd: join(HERE, '..'), env: environment });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString('utf8')));
    }
  }

  static async start(environment: Record<string, string>): Promise<AgentProcess> {
    return new AgentProcess(await startCommand(), environment);
  }

  get output(): string {
    return this.#output;
  }

  async residentMib(): Promise<number> {
    const status = await readFile(`/proc/${String(this.#child.pid)}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  async exitCode(): Promise<number> {
    const ended = await waitFor(
      () => (this.#child.exitCode === null ? undefined : { code: this.#child.exitCode }),
      { what: 'the exit' },
    );
    return ended.code;
  }

  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

async function startAgentProcess(more: Record<string, string> = {}): Promise<AgentProcess> {
  const ec2InstanceId = await cloud.launchRunning();
  return AgentProcess.start({
    SPOT_OPTIMIZER_SERVER_URL: gateway.url,
    SPOT_OPTIMIZER_CLIENT_TOKEN: 'token',
    SPOTOPT_METADATA_URL: cloud.metadataUrl(ec2InstanceId),
    SPOTOPT_AWS_ENDPOINT: cloud.simulator.endpoint,
    SPOTOPT_SIMULATOR_URL: cloud.simulator.endpoint,
    SPOTOPT_STATE_FILE: join(directory, `${ec2InstanceId}.json`),
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
    HEARTBEAT_INTERVAL: '0.2',
    PENDING_COMMANDS_CHECK_INTERVAL: '0.2',
    CONFIG_REFRESH_INTERVAL: '0.3',
    TERMINATION_CHECK_INTERVAL: '0.1',
    PRICING_REPORT_INTERVAL: '1',
    ...more,
  });
}

function untilSent(ending: string, count = 1): Promise<StubRequest[]> {
  return waitFor(
    () => {
      const found = gateway.sent(ending);
      return found.length >= count ? found : undefined;
    },
    { what: `${String(count)} × ${ending}`, timeoutMs: 20_000 },
  );
}

async function expectSmall(agent: AgentProcess, what: string): Promise<void> {
  const mib = await agent.residentMib();
  process.stdout.write(`agent resident memory ${what}: ${mib.toFixed(1)} MiB\n`);
  expect(mib).toBeLessThan(LIMIT_MIB);
}

describe('the agent as a process', () => {
  it('stays small after registering, heartbeats, prices and a launch, and ends cleanly', async () => {
    const agent = await startAgentProcess();
    try {
      await untilSent('/pricing-report');
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
      const [executed] = await untilSent('/commands/c1/executed');
      expect(executed?.body).toMatchObject({ success: true });
      gateway.commands = [];
      await untilSent('/heartbeat', gateway.sent('/heartbeat').length + 20);
      await expectSmall(agent, 'with polling');
      agent.terminate();
      await expect(agent.exitCode()).resolves.toBe(0);
      const last = gateway.sent('/heartbeat').at(-1);
      expect(last?.body).toMatchObject({ status: 'offline', monitored_instances: [] });
    } finally {
      agent.kill();
    }
  });

  it('takes commands from its queue at once, and stays small with the broker client', async () => {
    const bus = await RabbitMessageBus.connect({
      url: rabbitUrl(),
      clock: new SystemClock(),
      attempts: new MemoryAttemptStore(),
      logger: silentLogger,
    });
    gateway.agentKey = `test-${new UlidIds().next()}`;
    const agent = await startAgentProcess({
      SPOTOPT_AMQP_URL: rabbitUrl(),
      PENDING_COMMANDS_CHECK_INTERVAL: '600',
    });
    const queue = `agent.${gateway.agentKey}.commands`;
    const command = {
      commandType: 'quiesce',
      commandId: 'queued-1',
      switchId: 'switch-1',
      agentKey: gateway.agentKey,
      agentId: 'agent-1',
      clientId: 'client-1',
      epoch: 1,
      priority: 100,
      deadlineAt: '2099-01-01T00:00:00.000Z',
    };
    try {
      await waitFor(
        async () => {
          await bus.publish({
            exchange: 'spotopt.commands',
            routingKey: gateway.agentKey,
            messageId: 'queued-1',
            contentType: 'application/json',
            type: 'spotopt.agent-command',
            body: JSON.stringify(command),
          });
          return true;
        },
        { what: 'the queue', timeoutMs: 20_000 },
      );
      const [executed] = await untilSent('/commands/queued-1/executed');
      expect(executed?.body).toMatchObject({ success: true });
      await untilSent('/heartbeat', gateway.sent('/heartbeat').length + 20);
      await expectSmall(agent, 'with the broker');
      agent.terminate();
      await expect(agent.exitCode()).resolves.toBe(0);
    } finally {
      agent.kill();
      await bus.deleteQueue(queue);
      await bus.close(1_000);
    }
  });

  it('names every problem of its configuration and exits with 78', async () => {
    const agent = await AgentProcess.start({ HEARTBEAT_INTERVAL: 'often' });
    await expect(agent.exitCode()).resolves.toBe(78);
    expect(agent.output).toMatch(/SPOT_OPTIMIZER_SERVER_URL/);
    expect(agent.output).toMatch(/SPOT_OPTIMIZER_CLIENT_TOKEN/);
    expect(agent.output).toMatch(/HEARTBEAT_INTERVAL/);
  });
});
