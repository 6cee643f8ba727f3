import { AppError, type Tx } from '@spotopt/kernel';
import type { ResolvedAgent } from '@spotopt/contracts';
import { type Agent, type FleetStore, type Installation, type Instance, roleOf } from './ports.js';

/** Who asks, and for what: an installation's key or a logical agent's id, within one tenant or any. */
export interface AgentScope {
  readonly clientId: string | null;
  readonly agentRef: string;
}

export interface ScopedAgent {
  readonly agent: Agent;
  /** Null when the reference names the logical agent and no installation of that name exists. */
  readonly installation: Installation | null;
  /** Machine of the installation, else the present primary. */
  readonly instance: Instance | null;
}

/**
 * Finds what an id on the wire refers to. An installation's key comes first, because an agent process asks
 * about itself; a foreign tenant's id is answered like one that does not exist.
 */
export async function findScoped(tx: Tx, fleet: FleetStore, scope: AgentScope): Promise<ScopedAgent | null> {
  const installation = await fleet.findInstallation(tx, scope.agentRef);
  const agent = await fleet.findAgent(tx, installation?.agentId ?? scope.agentRef);
  if (agent === null || agent.status === 'deleted') return null;
  if (scope.clientId !== null && agent.clientId !== scope.clientId) return null;
  const instance =
    installation === null
      ? await fleet.findPrimary(tx, agent.id)
      : await fleet.findInstanceByEc2Id(tx, installation.ec2InstanceId);
  return { agent, installation, instance };
}

/** @throws AppError `agent-not-found` (permanent) */
export async function requireScoped(tx: Tx, fleet: FleetStore, scope: AgentScope): Promise<ScopedAgent> {
  const scoped = await findScoped(tx, fleet, scope);
  if (scoped === null) throw agentNotFound(scope.agentRef);
  return scoped;
}

export function agentNotFound(agentRef: string): AppError {
  return AppError.permanent('agent-not-found', `no agent ${agentRef}`, { details: { agentRef } });
}

export function toResolvedAgent({ agent, installation, instance }: ScopedAgent): ResolvedAgent {
  const role = instance === null ? 'REPLICA' : roleOf(instance.state);
  return {
    agentKey: installation?.agentKey ?? agent.id,
    agentId: agent.id,
    clientId: agent.clientId,
    logicalAgentId: agent.logicalAgentId,
    ec2InstanceId: installation?.ec2InstanceId ?? instance?.ec2InstanceId ?? null,
    role,
    enabled: agent.settings.enabled && role === 'PRIMARY',
    epoch: agent.epoch,
    commandTypes: [...(installation?.commandTypes ?? [])],
  };
}
