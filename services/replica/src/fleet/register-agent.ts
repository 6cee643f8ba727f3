import {
  AgentOnlineV1,
  AgentRegisteredV1,
  LEGACY_COMMAND_TYPES,
  poolIdOf,
  type RegisterAgent as RegisterAgentRpc,
  regionOf,
  type RpcRequest,
  type RpcResponse,
} from '@spotopt/contracts';
import { AppError, hasCode, type Tx } from '@spotopt/kernel';
import { FleetEvents, placementOf } from './fleet-events.js';
import {
  type Agent,
  DEFAULT_SETTINGS,
  type FleetStore,
  type Installation,
  type Instance,
  newMachine,
  roleOf,
  UNASKED,
  type UseCaseDeps,
} from './ports.js';
import { toResolvedAgent } from './scope.js';

type Request = RpcRequest<typeof RegisterAgentRpc>;
type Response = RpcResponse<typeof RegisterAgentRpc>;

/**
 * An agent process says that it runs. Its role follows from what we know of its instance id, never from its
 * body: the machine of a known standby is a REPLICA, an unknown machine beside a living primary is one too
 * (nobody asked for it, so it stays disabled), and only a workload without a primary gets a new one.
 */
export class RegisterAgent {
  readonly #events: FleetEvents;

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly fleet: FleetStore,
  ) {
    this.#events = new FleetEvents(deps.ids, deps.clock);
  }

  execute(request: Request): Promise<Response> {
    return this.deps.uow.run(async (tx) => {
      const known = await this.fleet.findInstanceByEc2Id(tx, request.ec2InstanceId);
      const found = await this.#findAgent(tx, request, known);
      const agent = found ?? (await this.#createAgent(tx, request));
      const instance =
        known?.agentId === agent.id
          ? await this.#wakeInstance(tx, known, request)
          : await this.#placeInstance(tx, agent, known, request);
      const installation = await this.#saveInstallation(tx, agent, request);
      const current = await this.#refreshAgent(tx, agent, instance, request);
      const primary = instance.state === 'primary' ? instance : await this.fleet.findPrimary(tx, current.id);
      await this.deps.outbox.add(
        tx,
        this.#events.of(AgentRegisteredV1, current.id, {
          agentId: current.id,
          clientId: current.clientId,
          agentKey: installation.agentKey,
          logicalAgentId: current.logicalAgentId,
          region: current.region,
          instanceType: current.instanceType,
          role: roleOf(instance.state),
          placement: placementOf(instance),
          primary: primary === null ? null : placementOf(primary),
          settings: current.settings,
          epoch: current.epoch,
        }),
      );
      return {
        agent: toResolvedAgent({ agent: current, installation, instance }),
        settings: current.settings,
        created: found === null,
      };
    });
  }

  /**
   * A machine that we know belongs to its workload whatever logical id it claims: installers that leave the id
   * blank make agents send their instance id, and every switch would otherwise found a new workload (CT-04).
   */
  async #findAgent(tx: Tx, request: Request, known: Instance | null): Promise<Agent | null> {
    if (known !== null) {
      const agent = await this.fleet.findAgent(tx, known.agentId);
      if (agent !== null && agent.clientId !== request.clientId) {
        throw AppError.permanent(
          'instance-of-another-client',
          `instance ${request.ec2InstanceId} belongs to another client`,
        );
      }
      if (agent !== null && agent.status !== 'deleted') return agent;
    }
    return this.fleet.findAgentByLogicalId(tx, request.clientId, request.logicalAgentId);
  }

  async #createAgent(tx: Tx, request: Request): Promise<Agent> {
    const agent: Agent = {
      id: this.deps.ids.next(),
      clientId: request.clientId,
      logicalAgentId: request.logicalAgentId,
      status: 'online',
      region: request.region ?? regionOf(request.az ?? 'unknown'),
      instanceType: request.instanceType ?? 'unknown',
      hostname: request.hostname,
      agentVersion: request.agentVersion,
      settings: DEFAULT_SETTINGS,
      epoch: 1,
      trafficTarget: null,
      lastHeartbeatAt: null,
      createdAt: this.deps.clock.now(),
      version: 1,
    };
    await this.fleet.insertAgent(tx, agent);
    return agent;
  }

  async #wakeInstance(tx: Tx, known: Instance, request: Request): Promise<Instance> {
    if (known.state !== 'launching') return known;
    return this.fleet.updateInstance(tx, known, 'syncing', { amiId: request.amiId });
  }

  /** A machine that is new to this workload: unknown so far, or left over from a deleted one. */
  async #placeInstance(tx: Tx, agent: Agent, known: Instance | null, request: Request): Promise<Instance> {
    const primary = await this.fleet.findPrimary(tx, agent.id);
    const wanted = this.#newInstance(agent, primary === null ? 'primary' : 'syncing', request);
    const instance = await this.#storeInstance(tx, known, wanted);
    await this.deps.outbox.add(tx, this.#events.roleChanged(agent, null, instance, { reason: 'registered' }));
    return instance;
  }

  async #storeInstance(tx: Tx, known: Instance | null, wanted: Instance): Promise<Instance> {
    const {
      id: _id,
      agentId,
      clientId: _clientId,
      state,
      createdAt: _createdAt,
      version: _v,
      ...facts
    } = wanted;
    try {
      if (known !== null) return await this.fleet.moveInstance(tx, known, { agentId, state }, facts);
      await this.fleet.insertInstance(tx, wanted);
      return wanted;
    } catch (error) {
      if (!hasCode(error, 'second-primary')) throw error;
      // Two first registrations at the same moment: in a new transaction one of them is seen.
      throw AppError.transient('version-conflict', `${agentId} got its primary meanwhile`, { cause: error });
    }
  }

  #newInstance(agent: Agent, state: 'primary' | 'syncing', request: Request): Instance {
    const now = this.deps.clock.now();
    const az = request.az ?? 'unknown';
    const instanceType = request.instanceType ?? agent.instanceType;
    return newMachine({
      id: this.deps.ids.next(),
      agentId: agent.id,
      clientId: agent.clientId,
      ec2InstanceId: request.ec2InstanceId,
      state,
      replicaType: state === 'primary' ? null : 'automatic-rebalance',
      poolId: poolIdOf(instanceType, az),
      mode: request.mode,
      amiId: request.amiId,
      createdBy: UNASKED,
      createdAt: now,
      launchedAt: now,
    });
  }

  async #saveInstallation(tx: Tx, agent: Agent, request: Request): Promise<Installation> {
    const now = this.deps.clock.now();
    const existing = await this.fleet.findInstallationOn(tx, agent.id, request.ec2InstanceId);
    const first = (await this.fleet.findInstallation(tx, agent.id)) === null;
    const installation: Installation = {
      agentKey: existing?.agentKey ?? (first ? agent.id : this.deps.ids.next()),
      agentId: agent.id,
      clientId: agent.clientId,
      ec2InstanceId: request.ec2InstanceId,
      commandTypes: request.commandTypes ?? [...LEGACY_COMMAND_TYPES],
      agentVersion: request.agentVersion,
      registeredAt: existing?.registeredAt ?? now,
      lastSeenAt: now,
    };
    await this.fleet.saveInstallation(tx, installation);
    return installation;
  }

  async #refreshAgent(tx: Tx, agent: Agent, instance: Instance, request: Request): Promise<Agent> {
    if (instance.state !== 'primary') return agent;
    const now = this.deps.clock.now();
    if (agent.status === 'offline') {
      const { id: agentId, clientId } = agent;
      const lastHeartbeatAt = now.toISOString();
      await this.deps.outbox.add(
        tx,
        this.#events.of(AgentOnlineV1, agentId, { agentId, clientId, lastHeartbeatAt }),
      );
    }
    return this.fleet.updateAgent(tx, agent, {
      status: 'online',
      lastHeartbeatAt: now,
      hostname: request.hostname ?? agent.hostname,
      agentVersion: request.agentVersion ?? agent.agentVersion,
      instanceType: request.instanceType ?? agent.instanceType,
      region: request.region ?? agent.region,
    });
  }
}
