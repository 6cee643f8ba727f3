import {
  AgentDeletedV1,
  type AgentSettings,
  AgentSettingsChangedV1,
  type AgentView,
  type ChangeAgentSettings as ChangeAgentSettingsRpc,
  type FindInstance as FindInstanceRpc,
  type GetAgentConfig as GetAgentConfigRpc,
  type ListAgents as ListAgentsRpc,
  type RpcRequest,
  type RpcResponse,
  type SetTrafficTarget as SetTrafficTargetRpc,
} from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import { FleetEvents } from './fleet-events.js';
import {
  type Agent,
  changeSettings,
  type FleetStore,
  type Instance,
  STANDBY_STATES,
  UNASKED,
  type UseCaseDeps,
} from './ports.js';
import { type AgentScope, findScoped, requireScoped, type ScopedAgent, toResolvedAgent } from './scope.js';
import type { Standbys } from './standbys.js';

/** Settings, look-ups and the end of logical agents. */
export class ManageAgent {
  readonly #events: FleetEvents;

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: { readonly fleet: FleetStore; readonly standbys: Standbys },
  ) {
    this.#events = new FleetEvents(deps.ids, deps.clock);
  }

  resolve(scope: AgentScope): Promise<ScopedAgent | null> {
    return this.deps.uow.read((tx) => findScoped(tx, this.ports.fleet, scope));
  }

  config(request: RpcRequest<typeof GetAgentConfigRpc>): Promise<RpcResponse<typeof GetAgentConfigRpc>> {
    return this.deps.uow.read(async (tx) => {
      const scoped = await requireScoped(tx, this.ports.fleet, request);
      return { agent: toResolvedAgent(scoped), settings: scoped.agent.settings };
    });
  }

  /** @returns the agent's id beside the answer, for whoever reconciles its standbys next */
  changeSettings(
    request: RpcRequest<typeof ChangeAgentSettingsRpc>,
  ): Promise<{ agentId: string; settings: AgentSettings }> {
    return this.deps.uow.run(async (tx) => {
      const { agent } = await requireScoped(tx, this.ports.fleet, request);
      const settings = changeSettings(agent.settings, request.changes);
      await this.ports.fleet.updateAgent(tx, agent, { settings });
      await this.deps.outbox.add(
        tx,
        this.#events.of(AgentSettingsChangedV1, agent.id, {
          agentId: agent.id,
          clientId: agent.clientId,
          settings,
        }),
      );
      return { agentId: agent.id, settings };
    });
  }

  setTrafficTarget(
    request: RpcRequest<typeof SetTrafficTargetRpc>,
  ): Promise<RpcResponse<typeof SetTrafficTargetRpc>> {
    return this.deps.uow.run(async (tx) => {
      const { agent } = await requireScoped(tx, this.ports.fleet, request);
      await this.ports.fleet.updateAgent(tx, agent, { trafficTarget: request.target });
      return { target: request.target };
    });
  }

  list(request: RpcRequest<typeof ListAgentsRpc>): Promise<RpcResponse<typeof ListAgentsRpc>> {
    return this.deps.uow.read(async (tx) => {
      const agents = await this.ports.fleet.listAgents(tx, {
        clientId: request.clientId ?? undefined,
        includeDeleted: request.includeDeleted,
      });
      const views: AgentView[] = [];
      for (const agent of agents) views.push(await this.#view(tx, agent));
      return { agents: views };
    });
  }

  /** By the machine's own row, whose instance id is unique: no other workload is looked at. */
  findInstance({
    clientId,
    ec2InstanceId,
  }: RpcRequest<typeof FindInstanceRpc>): Promise<RpcResponse<typeof FindInstanceRpc>> {
    return this.deps.uow.read(async (tx) => {
      const machine = await this.ports.fleet.findInstanceByEc2Id(tx, ec2InstanceId);
      const role = machine === null ? null : servingRole(machine);
      if (machine === null || role === null) return { found: null };
      const agent = await this.ports.fleet.findAgent(tx, machine.agentId);
      if (agent === null || agent.status === 'deleted') return { found: null };
      if (clientId !== null && agent.clientId !== clientId) return { found: null };
      const { instanceType, region, az, mode, poolId } = machine;
      const place = { instanceType, region, az, mode, poolId };
      return { found: { role, agent: await this.#view(tx, agent), ...place } };
    });
  }

  /** Soft delete (SM-17): standbys go, history stays, the logical id is free again. */
  delete(scope: AgentScope): Promise<{ agentId: string }> {
    return this.deps.uow.run(async (tx) => {
      const { agent } = await requireScoped(tx, this.ports.fleet, scope);
      const standbys = await this.ports.fleet.listInstances(tx, {
        agentId: agent.id,
        states: STANDBY_STATES,
      });
      if (standbys.some((standby) => standby.state === 'promoting')) {
        throw AppError.permanent('switch-under-way', 'a switch of this agent is under way: try again later');
      }
      for (const standby of standbys) {
        // Whoever started a machine that nobody here asked for keeps it.
        if (standby.createdBy === UNASKED) await this.ports.fleet.removeInstance(tx, standby);
        else await this.ports.standbys.giveUp(tx, standby, { reason: 'the agent was deleted' });
      }
      await this.ports.fleet.updateAgent(tx, agent, {
        status: 'deleted',
        settings: {
          ...agent.settings,
          enabled: false,
          autoSwitchEnabled: false,
          manualReplicaEnabled: false,
        },
      });
      await this.deps.outbox.add(
        tx,
        this.#events.of(AgentDeletedV1, agent.id, { agentId: agent.id, clientId: agent.clientId }),
      );
      return { agentId: agent.id };
    });
  }

  async #view(tx: Tx, agent: Agent): Promise<AgentView> {
    const machines = await this.ports.fleet.listInstances(tx, {
      agentId: agent.id,
      states: [...STANDBY_STATES, 'primary'],
    });
    const primary = machines.find((machine) => machine.state === 'primary') ?? null;
    const promoting = machines.some((machine) => machine.state === 'promoting');
    return {
      agentId: agent.id,
      clientId: agent.clientId,
      logicalAgentId: agent.logicalAgentId,
      status: statusOf(agent, promoting),
      hostname: agent.hostname,
      agentVersion: agent.agentVersion,
      region: agent.region,
      instanceType: agent.instanceType,
      ...placeOf(primary),
      epoch: agent.epoch,
      lastHeartbeatAt: agent.lastHeartbeatAt?.toISOString() ?? null,
      createdAt: agent.createdAt.toISOString(),
      settings: agent.settings,
      replicaCount: machines.filter((machine) => machine.state !== 'primary').length,
    };
  }
}

/** A machine that becomes the primary still stands by until the switch is committed. */
function servingRole({ state }: Instance): 'primary' | 'standby' | null {
  if (state === 'primary') return 'primary';
  return STANDBY_STATES.includes(state) ? 'standby' : null;
}

function statusOf(agent: Agent, promoting: boolean): AgentView['status'] {
  if (agent.status !== 'online') return agent.status;
  if (promoting) return 'switching';
  return agent.settings.enabled ? 'online' : 'disabled';
}

function placeOf(primary: Instance | null): Pick<AgentView, 'ec2InstanceId' | 'az' | 'mode' | 'poolId'> {
  return {
    ec2InstanceId: primary?.ec2InstanceId ?? null,
    az: primary?.az ?? null,
    mode: primary?.mode ?? 'unknown',
    poolId: primary?.poolId ?? null,
  };
}
