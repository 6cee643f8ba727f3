import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@spotopt/testkit';
import { connect } from 'amqplib';

/** The script behind the wrapper, which insists on a user of its own. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const START_MS = 90_000;
const QUIET_MS = 1_000;

export function hasRabbitServer(): boolean {
  return existsSync(SERVER);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A RabbitMQ of its own for tests that kill the broker. */
export class PrivateRabbitNode {
  #child: ChildProcess | undefined;

  private constructor(
    private readonly directory: string,
    private readonly port: number,
    private readonly distributionPort: number,
  ) {}

  static async create(): Promise<PrivateRabbitNode> {
    const directory = await mkdtemp(join(tmpdir(), 'rabbit-'));
    await mkdir(join(directory, 'conf.d'));
    await writeFile(join(directory, 'plugins'), '[].');
    const node = new PrivateRabbitNode(directory, await freePort(), await freePort());
    const config = [
      `listeners.tcp.default = 127.0.0.1:${String(node.port)}`,
      'disk_free_limit.absolute = 1MB',
    ];
    await writeFile(join(directory, 'rabbitmq.conf'), config.join('\n'));
    await node.start();
    return node;
  }

  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${String(this.port)}`;
  }

  async start(): Promise<void> {
    const at = (name: string) => join(this.directory, name);
    await rm(at('pid'), { force: true });
    this.#child = spawn(SERVER, [], {
      cwd: this.directory,
      stdio: 'ignore',
      env: {
        PATH: process.env['PATH'],
        LANG: 'C.UTF-8',
        HOME: this.directory,
        RABBITMQ_NODENAME: `spotopt-test-${String(this.port)}@localhost`,
        RABBITMQ_NODE_PORT: String(this.port),
        RABBITMQ_DIST_PORT: String(this.distributionPort),
        RABBITMQ_MNESIA_BASE: at('data'),
        RABBITMQ_LOG_BASE: at('log'),
        RABBITMQ_PID_FILE: at('pid'),
        RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
        RABBITMQ_CONFIG_FILES: at('conf.d'),
        RABBITMQ_CONF_ENV_FILE: at('no-environment'),
        RABBITMQ_ENABLED_PLUGINS_FILE: at('plugins'),
      },
    });
    await waitFor(() => this.#answers(), {
      what: 'the private broker to accept connections',
      timeoutMs: START_MS,
      everyMs: 200,
    });
  }

  /**
   * Kills the server without a goodbye, but not within a second of its last write: RabbitMQ 3.10 registers
   * a new quorum queue on disk half a second late, and one that it was killed over never answers again.
   */
  async kill(): Promise<void> {
    await waitFor(async () => Date.now() - (await this.#lastWriteAtMs()) > QUIET_MS, {
      what: 'the private broker to have written its queues',
      timeoutMs: START_MS,
    });
    const pid = Number(await readFile(join(this.directory, 'pid'), 'utf8'));
    if (!Number.isInteger(pid) || pid <= 1) throw new Error('the private broker has no process id');
    process.kill(pid, 'SIGKILL');
    await waitFor(() => !isAlive(pid), { what: 'the private broker to be gone' });
    this.#child?.kill('SIGKILL');
  }

  async dispose(): Promise<void> {
    if (await this.#answers()) await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #lastWriteAtMs(): Promise<number> {
    const data = join(this.directory, 'data');
    const files = await readdir(data, { recursive: true });
    const times = files
      .filter((file) => /quorum.*\.(wal|dets)$/.test(file))
      .map(async (file) => (await stat(join(data, file))).mtimeMs);
    return Math.max(0, ...(await Promise.all(times)));
  }

  async #answers(): Promise<boolean> {
    try {
      const connection = await connect(this.url, { timeout: 2_000 });
      await connection.close();
      return true;
    } catch {
      return false;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
