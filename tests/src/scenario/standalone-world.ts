import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSystem } from '@spotopt/standalone';
import { Api } from './api.js';
import type { World, WorldSettings } from './world.js';

/** Everything in this process: SQLite, in-process bus, simulated region, agents. */
export async function standaloneWorld(settings: WorldSettings): Promise<World> {
  const dataPath = await mkdtemp(join(tmpdir(), 'spotopt-scenario-'));
  const system = await startSystem({
    dataPath,
    reset: false,
    pricesFile: settings.pricesFile,
    seed: 1,
    speed: settings.speed,
    startAt: undefined,
    capacity: 'none',
    host: '127.0.0.1',
    port: 0,
    awsPort: 0,
    metadataPort: 0,
    fleetSize: settings.workloads,
    fleetMarket: settings.market,
    manualReplicaEvery: 0,
    openReads: false,
    readPriceHistory: settings.readPriceHistory ?? true,
    logLevel: 'error',
  });
  return {
    mode: 'standalone',
    clock: system.clock,
    simulator: system.simulator,
    gatewayUrl: system.gatewayUrl,
    api: new Api(system.gatewayUrl, system.adminToken),
    clientId: system.clientId,
    workloads: system.workloads,
    killed: () => null,
    stopAgent: (ec2InstanceId) => system.fleet.halt(ec2InstanceId),
    startAgent: (ec2InstanceId) => {
      system.fleet.boot(ec2InstanceId);
    },
    stop: async () => {
      await system.stop();
      await rm(dataPath, { recursive: true, force: true });
    },
  };
}
