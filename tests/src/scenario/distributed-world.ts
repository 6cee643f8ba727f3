import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FLEET_TAGS } from '@spotopt/agent';
import { decisionService } from '@spotopt/decision';
import { emergencyService } from '@spotopt/emergency';
import { gatewayService } from '@spotopt/gateway';
import { AppError, SystemClock, UlidIds } from '@spotopt/kernel';
import { listSubscriptions, MemoryAttemptStore, RabbitMessageBus, RpcClient } from '@spotopt/messaging';
import { silentLogger } from '@spotopt/platform';
import { pricingService } from '@spotopt/pricing';
import { replicaService } from '@spotopt/replica';
import { launchFleet, settleFleet, SIMULATED_CREDENTIALS, startRegion } from '@spotopt/standalone';
import { dropSchemas, mysqlUrl, rabbitUrl, redisUrl, removeTopology } from '@spotopt/testkit';
import { z } from 'zod';
import { Api } from './api.js';
import { SupervisedProcess } from './child-process.js';
import type { World, WorldSettings } from './world.js';

const SERVICES = ['pricing', 'decision', 'replica', 'emergency', 'gateway'] as const;
const READY_WITHIN_MS = 60_000;
const REAL_TIME = new SystemClock();
const resolveFrom = createRequire(import.meta.url);

const CreatedClient = z.object({ client: z.object({ id: z.string(), token: z.string() }) });

interface Shared {
  readonly settings: WorldSettings;
  readonly prefix: string;
  readonly onceFile: string;
  readonly env: Readonly<Record<string, string>>;
  readonly gatewayPort: number;
}

/** Every service and every agent a process of its own, on real servers; the region alone is simulated here. */
export async function distributedWorld(settings: WorldSettings): Promise<World> {
  const cleanUps: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  };
  try {
    return await build(settings, cleanUps, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  settings: WorldSettings,
  cleanUps: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<World> {
  const prefix = `scenario-${randomBytes(4).toString('hex')}.`;
  const directory = await mkdtemp(join(tmpdir(), 'spotopt-scenario-'));
  cleanUps.push(() => rm(directory, { recursive: true, force: true }));
  const { simulator, clock } = await startRegion(
    {
      pricesFile: settings.pricesFile,
      seed: 1,
      speed: settings.speed,
      startAt: undefined,
      capacity: 'none',
      host: '127.0.0.1',
      awsPort: 0,
      metadataPort: 0,
    },
    { ids: new UlidIds(), random: Math.random, snapshot: null },
  );
  cleanUps.push(() => simulator.stop());
  const schema = prefix.replaceAll(/[^a-z0-9]/g, '_');
  const database = new URL(mysqlUrl());
  database.pathname = `/${schema}`;
  cleanUps.push(() =>
    dropSchemas(
      mysqlUrl(),
      SERVICES.map((service) => `${schema}_${service}`),
    ),
  );
  cleanUps.push(() => removeTopology(rabbitUrl(), prefix, sharedQueues()));
  const adminToken = `admin-${randomBytes(32).toString('hex')}`;
  const { startMs, realStartMs, speed } = clock.settings;
  const clockEnv = {
    SPOTOPT_CLOCK_START: new Date(startMs).toISOString(),
    SPOTOPT_CLOCK_REAL_START: String(realStartMs),
    SPOTOPT_CLOCK_SPEED: String(speed),
  };
  const gatewayPort = await freePort();
  const shared: Shared = {
    settings,
    prefix,
    onceFile: join(directory, 'killed'),
    gatewayPort,
    env: {
      ...clockEnv,
      DATABASE_URL: database.href,
      RABBITMQ_URL: rabbitUrl(),
      RABBITMQ_PREFIX: prefix,
      REDIS_URL: redisUrl(),
      HOST: '127.0.0.1',
      HTTP_PORT: String(gatewayPort),
      LOG_LEVEL: 'warn',
      ADMIN_TOKEN: adminToken,
      TOKEN_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
      RATE_LIMIT_PER_SECOND: '0',
      AWS_REGION: simulator.region.name,
      AWS_ENDPOINT: simulator.endpoint,
      PRICE_LIST_ENDPOINT: simulator.endpoint,
      SPOT_ADVISOR_URL: `${simulator.endpoint}/spot-advisor-data.json`,
      AWS_ACCESS_KEY_ID: SIMULATED_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: SIMULATED_CREDENTIALS.secretAccessKey,
      PRICE_HISTORY_ENABLED: String(settings.readPriceHistory ?? true),
      NOTICE_QUEUE_URL: simulator.noticeQueueUrl,
    },
  };
  const services = await startServices(shared);
  cleanUps.push(() => Promise.all(services.map(({ process }) => process.stop())));
  const gatewayUrl = `http://127.0.0.1:${String(gatewayPort)}`;
  await untilReady(services);
  const api = new Api(gatewayUrl, adminToken);
  const { client } = CreatedClient.parse(await api.post('/api/admin/clients/create', { name: 'scenario' }));
  const agents = new AgentProcesses(
    (ec2InstanceId) => ({
      ...clockEnv,
      SPOT_OPTIMIZER_SERVER_URL: gatewayUrl,
      SPOT_OPTIMIZER_CLIENT_TOKEN: client.token,
      AWS_REGION: simulator.region.name,
      AWS_ACCESS_KEY_ID: SIMULATED_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: SIMULATED_CREDENTIALS.secretAccessKey,
      SPOTOPT_AWS_ENDPOINT: simulator.endpoint,
      SPOTOPT_METADATA_URL: `${simulator.metadataBaseUrl}/${ec2InstanceId}/latest`,
      SPOTOPT_SIMULATOR_URL: simulator.endpoint,
      SPOTOPT_STATE_FILE: join(directory, `${ec2InstanceId}.json`),
      SPOTOPT_AMQP_URL: rabbitUrl(),
      SPOTOPT_AMQP_PREFIX: prefix,
      LOG_LEVEL: 'warn',
    }),
    settings.log,
  );
  cleanUps.push(() => agents.stopAll());
  simulator.region.onInstanceRunning((instance) => {
    if (instance.tags.has(FLEET_TAGS.managed)) agents.start(instance.id);
  });
  simulator.region.onInstanceGone((instance) => void agents.stop(instance.id, 'SIGKILL'));
  const bus = await RabbitMessageBus.connect({
    url: rabbitUrl(),
    prefix,
    clock: REAL_TIME,
    attempts: new MemoryAttemptStore(),
    logger: silentLogger(),
  });
  cleanUps.push(() => bus.close(1_000));
  const plan = {
    clientId: client.id,
    size: settings.workloads,
    market: settings.market,
    manualReplicaEvery: 0,
  };
  const workloads = await launchFleet(simulator, plan);
  await settleFleet({ simulator, rpc: new RpcClient(bus), realTime: REAL_TIME }, plan, workloads);
  return {
    mode: 'distributed',
    clock,
    simulator,
    api,
    gatewayUrl,
    clientId: client.id,
    workloads,
    killed: () => (settings.killPromotion ? existsSync(shared.onceFile) : null),
    stopAgent: (ec2InstanceId) => agents.stop(ec2InstanceId, 'SIGKILL'),
    startAgent: (ec2InstanceId) => {
      agents.start(ec2InstanceId);
    },
    stop,
  };
}

/** Agents' queues are classic ones that expire by themselves. */
function sharedQueues(): string[] {
  const definitions = [pricingService, decisionService, replicaService, emergencyService, gatewayService];
  return definitions.flatMap(({ name, listeners }) =>
    listSubscriptions(name, listeners)
      .filter(({ kind }) => kind === 'shared')
      .map(({ queue }) => queue),
  );
}

interface Service {
  readonly process: SupervisedProcess;
  readonly readyUrl: string;
}

async function startServices(shared: Shared): Promise<Service[]> {
  const { settings, env, onceFile } = shared;
  // The promoting service runs twice, as in production, when one of the two is to be killed.
  const names = settings.killPromotion ? [...SERVICES, 'replica' as const] : SERVICES;
  const started: Service[] = [];
  for (const name of names) {
    const failpoint =
      name === 'replica' && settings.killPromotion
        ? { SPOTOPT_FAILPOINT: 'replica.promotion-committed', SPOTOPT_FAILPOINT_ONCE_FILE: onceFile }
        : {};
    const healthPort = String(await freePort());
    const process = new SupervisedProcess({
      name,
      entry: resolveFrom.resolve(`@spotopt/${name}/main`),
      env: { ...env, ...failpoint, HEALTH_PORT: healthPort },
      restart: true,
      log: settings.log,
    });
    started.push({ process, readyUrl: `http://127.0.0.1:${healthPort}/health/ready` });
  }
  return started;
}

/** All of them: whoever asks one that has not registered its answers yet is told that nobody has them. */
async function untilReady(services: readonly Service[]): Promise<void> {
  const giveUpAtMs = REAL_TIME.nowMs() + READY_WITHIN_MS;
  const isReady = ({ readyUrl }: Service): Promise<boolean> =>
    fetch(readyUrl).then(
      (response) => response.ok,
      () => false,
    );
  for (;;) {
    if ((await Promise.all(services.map(isReady))).every(Boolean)) return;
    if (REAL_TIME.nowMs() > giveUpAtMs) {
      const tails = services.map(({ process }) => process.tail).filter((tail) => tail !== '');
      throw AppError.transient('services-not-ready', `the services did not get ready:\n${tails.join('\n')}`);
    }
    await REAL_TIME.sleep(100);
  }
}

/** One agent process per running machine. */
class AgentProcesses {
  readonly #byInstance = new Map<string, SupervisedProcess>();

  constructor(
    private readonly envOf: (ec2InstanceId: string) => Readonly<Record<string, string>>,
    private readonly log: (line: string) => void,
  ) {}

  start(ec2InstanceId: string): void {
    if (this.#byInstance.has(ec2InstanceId)) return;
    const agent = new SupervisedProcess({
      name: `agent on ${ec2InstanceId}`,
      entry: resolveFrom.resolve('@spotopt/agent/main'),
      env: this.envOf(ec2InstanceId),
      restart: true,
      log: this.log,
    });
    this.#byInstance.set(ec2InstanceId, agent);
  }

  async stop(ec2InstanceId: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const agent = this.#byInstance.get(ec2InstanceId);
    this.#byInstance.delete(ec2InstanceId);
    await agent?.stop(signal);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#byInstance.keys()].map((id) => this.stop(id, 'SIGKILL')));
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}
