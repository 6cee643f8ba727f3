import { AppError, type Clock, PeriodicTask, SystemClock, UlidIds } from '@spotopt/kernel';
import type { RpcClient } from '@spotopt/messaging';
import { createLogger, type Logger, type LogLevel, Metrics } from '@spotopt/platform';
import { type Simulator, snapshotRegion } from '@spotopt/simulator';
import { DataDirectory, type Secrets } from './data-directory.js';
import { FleetHost } from './fleet-host.js';
import { nameOfPrices, type RegionSettings, startRegion } from './region.js';
import { type RunningServices, startServices } from './services.js';
import { launchFleet, settleFleet } from './workloads.js';

export interface SystemSettings extends RegionSettings {
  readonly dataPath: string;
  readonly reset: boolean;
  readonly port: number;
  readonly fleetSize: number;
  readonly fleetMarket: 'spot' | 'on-demand';
  readonly manualReplicaEvery: number;
  /** Requests without credentials may read, from this machine only. */
  readonly openReads: boolean;
  /** Whether the control plane may read AWS's price history. */
  readonly readPriceHistory: boolean;
  readonly logLevel: LogLevel;
}

export interface RunningSystem {
  readonly gatewayUrl: string;
  readonly simulator: Simulator;
  readonly clock: Clock;
  readonly adminToken: string;
  readonly clientToken: string;
  readonly clientId: string;
  readonly rpc: RpcClient;
  readonly fleet: Pick<FleetHost, 'boot' | 'halt'>;
  /** The workloads that this start found or made. */
  readonly workloads: readonly string[];
  stop(): Promise<void>;
}

const SAVE_INTERVAL_MS = 1_000;
const DRAIN_MS = 5_000;
const REAL_TIME = new SystemClock();

/**
 * The whole system in one process: a simulated region, every service on SQLite and the in-process bus, and an
 * agent on every machine. A second start on the same directory goes on where the first one ended.
 */
export async function startSystem(settings: SystemSettings): Promise<RunningSystem> {
  const logger = loggerOf(settings);
  const data = new DataDirectory(settings.dataPath);
  await data.prepare({ reset: settings.reset });
  const secrets = await data.secrets();
  const prices = nameOfPrices(settings);
  const snapshot = await data.region(prices);
  const ids = new UlidIds();
  const random = Math.random;
  const cleanUps: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  };
  try {
    const { simulator, clock } = await startRegion(settings, { ids, random, snapshot });
    cleanUps.push(() => simulator.stop());
    const services = await startServices({
      clock,
      ids,
      random,
      logger,
      metrics: Metrics.create({ service: 'standalone', processMetrics: true }),
      databaseUrl: data.databaseUrl,
      host: settings.host,
      port: settings.port,
      adminToken: secrets.adminToken,
      tokenEncryptionKey: secrets.tokenEncryptionKey,
      openReads: settings.openReads,
      readPriceHistory: settings.readPriceHistory,
      cloud: {
        endpoint: simulator.endpoint,
        region: simulator.region.name,
        noticeQueueUrl: simulator.noticeQueueUrl,
      },
    });
    cleanUps.push(() => services.stop(DRAIN_MS));
    const client = await demonstrationClient(data, secrets, services);
    const stateFileOf = (ec2InstanceId: string): string => data.agentStateFile(ec2InstanceId);
    const { broker, gatewayUrl } = services;
    const agents = {
      simulator,
      broker,
      gatewayUrl,
      clientToken: client.token,
      clock,
      random,
      logger,
      stateFileOf,
    };
    const fleet = new FleetHost(agents);
    fleet.start();
    cleanUps.push(() => fleet.stop());
    cleanUps.push(
      keepSaving(() => data.saveRegion({ prices, snapshot: snapshotRegion(simulator.region) }), logger),
    );
    const plan = {
      clientId: client.clientId,
      size: settings.fleetSize,
      market: settings.fleetMarket,
      manualReplicaEvery: settings.manualReplicaEvery,
    };
    const workloads = await launchFleet(simulator, plan);
    await settleFleet({ simulator, rpc: services.rpc, realTime: REAL_TIME }, plan, workloads);
    return {
      gatewayUrl: services.gatewayUrl,
      simulator,
      clock,
      adminToken: secrets.adminToken,
      clientToken: client.token,
      clientId: client.clientId,
      rpc: services.rpc,
      fleet,
      workloads,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function loggerOf({ logLevel }: SystemSettings): Logger {
  return createLogger({ service: 'standalone', level: logLevel, destination: process.stderr });
}

/** Saves again and again, for a run may be killed. @returns the last save, for the end */
function keepSaving(save: () => Promise<void>, logger: Logger): () => Promise<void> {
  const onError = (error: unknown): void => {
    logger.warn({ error }, 'the simulated region could not be saved');
  };
  const saving = new PeriodicTask(
    REAL_TIME,
    { name: 'save-region', intervalMs: SAVE_INTERVAL_MS, onError },
    save,
  ).start();
  return async () => {
    await saving.stop();
    await save();
  };
}

/** The tenant of the simulated fleet, created through the API like any other. */
async function demonstrationClient(
  data: DataDirectory,
  secrets: Secrets,
  services: RunningServices,
): Promise<NonNullable<Secrets['client']>> {
  if (secrets.client !== undefined) return secrets.client;
  const answer = await fetch(new URL('/api/admin/clients/create', services.gatewayUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${secrets.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'demo' }),
  });
  const body: unknown = await answer.json();
  const client = clientOf(body);
  if (!answer.ok || client === null) {
    throw AppError.bug(
      'demo-client',
      `the demonstration client could not be created: ${JSON.stringify(body)}`,
    );
  }
  await data.saveSecrets({ ...secrets, client });
  return client;
}

function clientOf(body: unknown): { clientId: string; token: string } | null {
  if (typeof body !== 'object' || body === null || !('client' in body)) return null;
  const { client } = body;
  if (typeof client !== 'object' || client === null || !('id' in client) || !('token' in client)) return null;
  return { clientId: String(client.id), token: String(client.token) };
}
