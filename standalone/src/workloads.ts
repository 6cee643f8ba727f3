import { FLEET_TAGS, fleetTags } from '@spotopt/agent';
import { Ec2Connection, Ec2Instances } from '@spotopt/cloud';
import { ChangeAgentSettings, ListAgents, SetTrafficTarget } from '@spotopt/contracts';
import { AppError, type Clock } from '@spotopt/kernel';
import type { RpcClient } from '@spotopt/messaging';
import type { PriceBook, Simulator } from '@spotopt/simulator';
import { SIMULATED_CREDENTIALS } from './services.js';

export interface FleetPlan {
  readonly clientId: string;
  readonly size: number;
  /** What they run on at first; people come from on-demand. */
  readonly market: 'spot' | 'on-demand';
  /** Every n-th workload keeps a manual hot standby instead of being moved by the engine; 0 = none. */
  readonly manualReplicaEvery: number;
}

const REGISTRATION_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** Instance types of the fleet, cheapest first: those with an on-demand price and the most zones to move between. */
export function fleetTypes(prices: PriceBook): string[] {
  const zonesByType = new Map<string, number>();
  for (const { instanceType } of prices.pools) {
    zonesByType.set(instanceType, (zonesByType.get(instanceType) ?? 0) + 1);
  }
  const priceOf = (type: string): number => prices.onDemand(type)?.usdPerHour ?? Number.POSITIVE_INFINITY;
  const priced = [...zonesByType].filter(([type]) => Number.isFinite(priceOf(type)));
  const mostZones = Math.max(0, ...priced.map(([, zones]) => zones));
  return priced
    .filter(([, zones]) => zones === mostZones)
    .map(([type]) => type)
    .sort((a, b) => priceOf(a) - priceOf(b));
}

/** Launches the workloads that are not there yet. */
export async function launchFleet(simulator: Simulator, plan: FleetPlan): Promise<string[]> {
  const types = fleetTypes(simulator.priceBook);
  const zones = simulator.priceBook.zoneNames;
  const present = new Set(
    simulator.region.instances.alive().map((instance) => instance.tags.get(FLEET_TAGS.logicalAgentId)),
  );
  const instances = new Ec2Instances(
    new Ec2Connection({
      region: simulator.region.name,
      endpoint: simulator.endpoint,
      credentials: SIMULATED_CREDENTIALS,
    }),
  );
  const names = Array.from({ length: plan.size }, (_, index) => `workload-${String(index + 1)}`);
  for (const [index, logicalAgentId] of names.entries()) {
    const instanceType = types[index % types.length];
    const az = zones[index % zones.length];
    if (present.has(logicalAgentId) || instanceType === undefined || az === undefined) continue;
    await instances.launch({
      clientToken: `${logicalAgentId}-${String(simulator.region.clock.nowMs())}`,
      instanceType,
      az,
      market: plan.market,
      imageId: 'ami-0123456789abcdef0',
      tags: fleetTags({ logicalAgentId, clientId: plan.clientId }),
    });
  }
  return names;
}

/** Gives every workload an address that a switch moves, and some of them a manual standby. */
export async function settleFleet(
  parts: { readonly simulator: Simulator; readonly rpc: RpcClient; readonly realTime: Clock },
  plan: FleetPlan,
  names: readonly string[],
): Promise<void> {
  const { rpc, simulator } = parts;
  const agents = await registeredAgents(parts, plan, names.length);
  for (const [index, agent] of agents.entries()) {
    const address = { clientId: plan.clientId, agentRef: agent.agentId };
    const allocationId = addressOf(simulator, agent.logicalAgentId, agent.ec2InstanceId);
    await rpc.call(SetTrafficTarget, { ...address, target: { kind: 'elastic-ip', allocationId } });
    const wanted = plan.manualReplicaEvery > 0 && (index + 1) % plan.manualReplicaEvery === 0;
    if (wanted && !agent.settings.manualReplicaEnabled) {
      const changes = { manualReplicaEnabled: true, autoSwitchEnabled: false };
      await rpc.call(ChangeAgentSettings, { ...address, changes });
    }
  }
}

async function registeredAgents(
  { rpc, realTime }: { readonly rpc: RpcClient; readonly realTime: Clock },
  plan: FleetPlan,
  count: number,
): Promise<
  {
    agentId: string;
    logicalAgentId: string;
    ec2InstanceId: string | null;
    settings: { manualReplicaEnabled: boolean };
  }[]
> {
  const giveUpAtMs = realTime.nowMs() + REGISTRATION_TIMEOUT_MS;
  for (;;) {
    const { agents } = await rpc.call(ListAgents, { clientId: plan.clientId, includeDeleted: false });
    if (agents.length >= count) return agents;
    if (realTime.nowMs() > giveUpAtMs) {
      throw AppError.transient(
        'fleet-incomplete',
        `${String(agents.length)} of ${String(count)} agents registered within a minute`,
      );
    }
    await realTime.sleep(POLL_MS);
  }
}

function addressOf(simulator: Simulator, logicalAgentId: string, ec2InstanceId: string | null): string {
  const { addresses, instances } = simulator.region;
  const known = addresses
    .all()
    .find((address) => address.tags.get(FLEET_TAGS.logicalAgentId) === logicalAgentId);
  const address = known ?? addresses.allocate(new Map([[FLEET_TAGS.logicalAgentId, logicalAgentId]]));
  const instance = ec2InstanceId === null ? undefined : instances.get(ec2InstanceId);
  if (address.instanceId === undefined && instance !== undefined)
    addresses.associate(address, instance, true);
  return address.allocationId;
}
