import {
  type AdoptReplica as AdoptReplicaRpc,
  parsePoolId,
  type RequestReplica as RequestReplicaRpc,
  type RpcRequest,
  type RpcResponse,
} from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import {
  type Agent,
  type FleetStore,
  type Instance,
  newMachine,
  requireScoped,
  type Standbys,
  STANDBY_STATES,
  UNASKED,
  type UseCaseDeps,
} from '../fleet/index.js';
import { choosePool, type PoolChoice, type PoolStore } from '../pools/index.js';
import { toReplicaView } from './replica-view.js';

interface Ports {
  readonly fleet: FleetStore;
  readonly pools: PoolStore;
  readonly standbys: Standbys;
}

/** Its agent launched it by itself. */
const ADOPTED = 'agent';

/** A person, a program or an agent in distress wants a standby. At most one of a kind exists (CT-45, CT-64). */
export class RequestReplica {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: Ports,
  ) {}

  execute(request: RpcRequest<typeof RequestReplicaRpc>): Promise<RpcResponse<typeof RequestReplicaRpc>> {
    return this.deps.uow.run(async (tx) => {
      const { agent } = await requireScoped(tx, this.ports.fleet, request);
      await this.ports.fleet.lockStandbysOf(tx, agent.id);
      const existing = await this.#existing(tx, agent, request.requestId);
      if (existing !== null) return { replica: toReplicaView(existing), created: false };
      const primary = await this.ports.fleet.findPrimary(tx, agent.id);
      if (primary === null) throw AppError.permanent('no-primary', 'the agent has no running primary');
      const choice = await this.#choose(tx, primary, request);
      const { instance } = await this.ports.standbys.launch(tx, {
        agent,
        primary,
        ...choice,
        replicaType: request.replicaType,
        createdBy: request.createdBy,
        requestId: request.requestId,
      });
      return { replica: toReplicaView(instance), created: true };
    });
  }

  async #existing(tx: Tx, agent: Agent, requestId: string | null): Promise<Instance | null> {
    const standbys = await this.ports.fleet.listInstances(tx, { agentId: agent.id, states: STANDBY_STATES });
    return (
      standbys.find((standby) => requestId !== null && standby.requestId === requestId) ??
      standbys.find((standby) => standby.createdBy !== UNASKED) ??
      null
    );
  }

  async #choose(
    tx: Tx,
    primary: Instance,
    request: RpcRequest<typeof RequestReplicaRpc>,
  ): Promise<PoolChoice> {
    if (request.poolId !== null) {
      const { az } = parsePoolId(request.poolId);
      if (az === primary.az) {
        throw AppError.permanent('standby-beside-primary', `${request.poolId} is in the primary's zone`, {
          details: { field: 'pool_id' },
        });
      }
      return { poolId: request.poolId, mode: 'spot' };
    }
    const choice = choosePool({
      pools: await this.ports.pools.list(tx, primary.region, primary.instanceType),
      blocks: await this.ports.pools.listBlocks(tx, this.deps.clock.now(), primary.clientId),
      primary,
      excludeZones: request.excludeZones,
    });
    if (choice === null) {
      throw AppError.permanent('no-standby-pool', 'no pool with a known price in another zone');
    }
    return choice;
  }
}

/** An agent reports a machine that already runs: it is stored whatever the settings say, else nobody would see it. */
export class AdoptReplica {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly fleet: FleetStore,
  ) {}

  execute(request: RpcRequest<typeof AdoptReplicaRpc>): Promise<RpcResponse<typeof AdoptReplicaRpc>> {
    return this.deps.uow.run(async (tx) => {
      const { agent } = await requireScoped(tx, this.fleet, request);
      const known = await this.fleet.findInstanceByEc2Id(tx, request.ec2InstanceId);
      if (known !== null) {
        if (known.agentId !== agent.id) {
          throw AppError.permanent('replica-not-found', `no replica ${request.ec2InstanceId}`);
        }
        return { replica: toReplicaView(await this.#claimed(tx, known, request)), created: false };
      }
      const primary = await this.fleet.findPrimary(tx, agent.id);
      const instance = await this.#store(tx, this.#adopted(agent, primary, request));
      return { replica: toReplicaView(instance), created: true };
    });
  }

  /** A machine that registered before its launcher told of it is no stranger any more. */
  async #claimed(
    tx: Tx,
    known: Instance,
    { replicaType }: RpcRequest<typeof AdoptReplicaRpc>,
  ): Promise<Instance> {
    const isStranger = known.createdBy === UNASKED && STANDBY_STATES.includes(known.state);
    if (!isStranger) return known;
    const claimed = { ...known, createdBy: ADOPTED, replicaType };
    const patch = { createdBy: ADOPTED, replicaType };
    if (!(await this.#isExtra(tx, claimed))) return this.fleet.updateInstance(tx, known, known.state, patch);
    return this.fleet.updateInstance(tx, known, 'zombie', { ...patch, ...extraSince(this.deps.clock.now()) });
  }

  async #store(tx: Tx, adopted: Instance): Promise<Instance> {
    const instance: Instance = (await this.#isExtra(tx, adopted))
      ? { ...adopted, state: 'zombie', ...extraSince(adopted.createdAt) }
      : adopted;
    await this.fleet.insertInstance(tx, instance);
    return instance;
  }

  /** One manual standby at a time (CT-45): another one is stored as given up, so that its machine is ended. */
  async #isExtra(tx: Tx, { id, agentId, replicaType }: Instance): Promise<boolean> {
    if (replicaType !== 'manual') return false;
    const standbys = await this.fleet.listInstances(tx, { agentId, states: STANDBY_STATES });
    return standbys.some((standby) => standby.id !== id && standby.replicaType === 'manual');
  }

  #adopted(agent: Agent, primary: Instance | null, request: RpcRequest<typeof AdoptReplicaRpc>): Instance {
    const now = this.deps.clock.now();
    const poolId = request.poolId ?? primary?.poolId ?? `${agent.instanceType}.unknown`;
    const ready = request.status === 'ready';
    return newMachine({
      id: this.deps.ids.next(),
      agentId: agent.id,
      clientId: agent.clientId,
      ec2InstanceId: request.ec2InstanceId,
      state: ready ? 'ready' : 'syncing',
      replicaType: request.replicaType,
      poolId,
      mode: 'spot',
      syncStatus: ready ? 'synced' : 'initializing',
      stateTransferProgress: ready ? 100 : 0,
      createdBy: ADOPTED,
      createdAt: now,
      launchedAt: now,
      readyAt: ready ? now : null,
    });
  }
}

function extraSince(zombieSince: Date): Pick<Instance, 'zombieSince' | 'failureReason'> {
  return { zombieSince, failureReason: 'more than one manual replica' };
}
