import type { Tx } from '@spotopt/kernel';
import { type Agent, type FleetStore, type Instance, UNASKED, type UseCaseDeps } from '../fleet/index.js';
import { chooseEmergencyPool, type PoolStore } from '../pools/index.js';
import type { StartSwitch } from './start-switch.js';
import type { Switch } from './switch.js';

const ORDER = ['launching', 'syncing', 'ready'];

export interface FailoverOrder {
  readonly agent: Agent;
  readonly primary: Instance;
  /** Null when no notice but a lost machine is the cause. */
  readonly incident: { readonly incidentId: string; readonly reclaimAt: Date | null } | null;
  readonly correlationId: string;
  /** Standby to take; else the best one, else one is launched. */
  readonly to?: Instance;
}

/** Starts the switch of an emergency, to the best standby or to a new machine elsewhere. */
export class StartFailover {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly pools: PoolStore;
      readonly start: StartSwitch;
    },
  ) {}

  async start(tx: Tx, order: FailoverOrder): Promise<Switch> {
    const { agent, primary, incident, correlationId } = order;
    const standby = order.to ?? (await bestStandby(tx, this.ports.fleet, primary));
    const pool = chooseEmergencyPool({
      pools: await this.ports.pools.list(tx, primary.region, primary.instanceType),
      blocks: await this.ports.pools.listBlocks(tx, this.deps.clock.now(), agent.clientId),
      primary,
      instanceType: primary.instanceType,
    });
    return this.ports.start.start(tx, {
      agent,
      from: primary,
      to: standby,
      trigger: 'emergency',
      reason: incident === null ? 'the primary was lost' : 'automatic interruption failover',
      requestedBy: 'emergency',
      targetMode: standby?.mode ?? pool.mode,
      targetPoolId: standby?.poolId ?? pool.poolId,
      ...(incident === null ? {} : { incident }),
      correlationId,
    });
  }
}

/** How near a standby is to taking over; nothing at all is the farthest. */
export function readiness(standby: Instance | null): number {
  return standby === null ? -1 : ORDER.indexOf(standby.state);
}

/** A ready standby, else the one that will be ready first. Never a machine that nobody asked for. */
export async function bestStandby(tx: Tx, fleet: FleetStore, primary: Instance): Promise<Instance | null> {
  const standbys = await fleet.listInstances(tx, {
    agentId: primary.agentId,
    states: ['launching', 'syncing', 'ready'],
  });
  return (
    standbys
      .filter((standby) => standby.id !== primary.id && standby.createdBy !== UNASKED)
      .sort((a, b) => readiness(b) - readiness(a) || a.createdAt.getTime() - b.createdAt.getTime())[0] ?? null
  );
}
