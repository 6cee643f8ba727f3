import {
  AgentRegisteredV1,
  LEGACY_COMMAND_TYPES,
  poolIdOf,
  type RegisterAgent as RegisterAgentRpc,
  regionOf,
  type RpcRequest,
  type RpcResponse,
} from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import { FleetEvents, placementOf } from './fleet-events.js';
import {
  type Agent,
  DEFAULT_SETTINGS,
  type FleetStore,
  type Installation,
  type Instance,
  roleOf,
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
      const instance = await this.#placeInstance(tx, agent, known, request);
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

  async #placeInstance(tx: Tx, agent: Agent, known: Instance | null, request: Request): Promise<Instance> {
    if (known !== null) {
      if (known.state !== 'launching') return known;
      return this.fleet.updateInstance(tx, known, 'syncing', { amiId: request.amiId });
    }
    const primary = await this.fleet.findPrimary(tx, agent.id);
    const instance = this.#newInstance(agent, primary === null ? 'primary' : 'syncing', request);
    await this.fleet.insertInstance(tx, instance);
    await this.deps.outbox.add(tx, this.#events.roleChanged(agent, null, instance, { reason: 'registered' }));
    return instance;
  }

  #newInstance(agent: Agent, state: 'primary' | 'syncing', request: Request): Instance {
    const now = this.deps.clock.now();
    const az = request.az ?? 'unknown';
    const instanceType = request.instanceType ?? agent.instanceType;
    return {
      id: this.deps.ids.next(),
      agentId: agent.id,
      clientId: agent.clientId,
      ec2InstanceId: request.ec2InstanceId,
      state,
      replicaType: state === 'primary' ? null : 'automatic-rebalance',
      poolId: poolIdOf(instanceType, az),
      instanceType,
      region: regionOf(az),
      az,
      mode: request.mode,
      amiId: request.amiId,
      syncStatus: 'initializing',
      syncLatencyMs: null,
      stateTransferProgress: 0,
      createdBy: 'registration',
      requestId: null,
      failureReason: null,
      launchCommandId: null,
      createdAt: now,
      launchedAt: now,
      readyAt: null,
      promotedAt: null,
      zombieSince: null,
      terminationRequestedAt: null,
      terminatedAt: null,
      lastHeartbeatAt: null,
      confirmedEpoch: null,
      version: 1,
    };
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
    return this.fleet.updateAgent(tx, agent, {
      status: 'online',
      lastHeartbeatAt: this.deps.clock.now(),
      hostname: request.hostname ?? agent.hostname,
      agentVersion: request.agentVersion ?? agent.agentVersion,
      instanceType: request.instanceType ?? agent.instanceType,
      region: request.region ?? agent.region,
    });
  }
}
