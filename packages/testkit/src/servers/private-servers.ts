import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { CleanUp } from './clean-up.js';
import { makeMysqlData, mysqlUrlAt, runMysql } from './mysql-data.js';
import type { ServerKind, ServerSpec } from './server-kinds.js';
import { ServerProcess, findProgram, freePort } from './server-process.js';

const exec = promisify(execFile);

interface Start {
  readonly program: string;
  readonly directory: string;
  readonly port: number;
  readonly cleanUp: CleanUp;
  readonly signal: AbortSignal;
}

interface Started {
  readonly process: ServerProcess;
  readonly url: string;
}

const PROGRAMS: Readonly<Record<ServerKind, readonly string[]>> = {
  mysql: ['mariadbd', 'mysqld'],
  rabbitmq: ['rabbitmq-server'],
  redis: ['redis-server', 'valkey-server'],
};

const STARTERS: Readonly<Record<ServerKind, (start: Start) => Promise<Started>>> = {
  mysql: startMysql,
  rabbitmq: startRabbit,
  redis: startRedis,
};

export async function findServerProgram(spec: ServerSpec): Promise<string | undefined> {
  return findProgram(...PROGRAMS[spec.kind]);
}

/** Starts an installed server for these tests only: random port on 127.0.0.1, data in a temporary directory. */
export async function startPrivately(
  spec: ServerSpec,
  program: string,
  { cleanUp, signal }: { readonly cleanUp: CleanUp; readonly signal: AbortSignal },
): Promise<{ readonly url: string; readonly version: string }> {
  const directory = await mkdtemp(join(tmpdir(), `spotopt-${spec.kind}-`));
  cleanUp.add(() => rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  await chmod(directory, 0o755);
  const port = await freePort();
  const { process: server, url } = await STARTERS[spec.kind]({
    program,
    directory,
    port,
    cleanUp,
    signal,
  });
  cleanUp.add(() => server.stop());
  const version = await server.waitUntilReady(() => spec.probe(url), signal);
  return { url, version };
}

async function startMysql({ program, directory, port, signal }: Start): Promise<Started> {
  await makeMysqlData(program, directory, signal);
  return { process: await runMysql(program, directory, port), url: mysqlUrlAt(port) };
}

async function startRabbit({ program, directory, port, cleanUp }: Start): Promise<Started> {
  const epmdPort = await freePort();
  const distributionPort = await freePort();
  const none = join(directory, 'none.conf');
  const plugins = join(directory, 'enabled_plugins');
  await writeFile(none, '');
  await writeFile(plugins, '[].');
  await mkdir(join(directory, 'log'));
  const environment = {
    HOME: directory,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `spotopt-${String(port)}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_CONF_ENV_FILE: none,
    RABBITMQ_CONFIG_FILE: none,
    RABBITMQ_ADVANCED_CONFIG_FILE: join(directory, 'absent.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
    RABBITMQ_MNESIA_BASE: join(directory, 'data'),
    RABBITMQ_LOG_BASE: join(directory, 'log'),
    RABBITMQ_PID_FILE: join(directory, 'server.pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none',
  };
  // The broker starts Erlang's port mapper as a daemon, which would outlive it.
  cleanUp.add(() => stopPortMapper(program, epmdPort));
  const server = new ServerProcess({
    program,
    args: [],
    logFile: join(directory, 'server.log'),
    environment,
  });
  return { process: server, url: `amqp://guest:guest@127.0.0.1:${String(port)}` };
}

async function stopPortMapper(rabbit: string, port: number): Promise<void> {
  const epmd = (await findProgram('epmd')) ?? join(dirname(rabbit), 'epmd');
  try {
    await exec(epmd, ['-port', String(port), '-kill']);
  } catch {
    // It was never started, or has ended with its last node.
  }
}

function startRedis({ program, directory, port }: Start): Promise<Started> {
  const server = new ServerProcess({
    program,
    args: [
      ['--port', String(port)],
      ['--bind', '127.0.0.1'],
      ['--dir', directory],
      ['--save', ''],
      ['--appendonly', 'no'],
    ].flat(),
    logFile: join(directory, 'server.log'),
  });
  return Promise.resolve({ process: server, url: `redis://127.0.0.1:${String(port)}` });
}
