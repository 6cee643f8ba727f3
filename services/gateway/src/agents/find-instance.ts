import { ListAgents, ListReplicas, poolIdOf } from '@spotopt/contracts';
import type { AgentView, ReplicaView } from '@spotopt/contracts';
import { notFound, scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import type { ServiceRequests } from '../ports.js';

/** An instance that serves a workload or stands by for it. */
export interface FoundInstance {
  readonly ec2InstanceId: string;
  readonly role: 'primary' | 'standby';
  readonly agent: AgentView;
  readonly instanceType: string;
  readonly region: string;
  readonly az: string | null;
  readonly mode: AgentView['mode'];
  readonly poolId: string | null;
}

const STANDING_BY: readonly ReplicaView['status'][] = ['launching', 'syncing', 'ready'];

/** Which workload an EC2 instance id of a request is about. Machines that were left are nobody’s any more. */
export class FindInstance {
  constructor(private readonly requests: ServiceRequests) {}

  /** @throws AppError `not-found` (permanent) for one that is missing, left or somebody else’s */
  async execute(caller: Caller, ec2InstanceId: string): Promise<FoundInstance> {
    const agents = await this.#agents(caller);
    const agent = agents.find((view) => view.ec2InstanceId === ec2InstanceId);
    const found = agent === undefined ? await this.#standby(agents, ec2InstanceId) : primaryOf(agent);
    if (found === undefined) throw notFound('instance');
    return found;
  }

  /** The workload that an instance serves. @throws AppError `not-found` (permanent) like above */
  async workloadOn(caller: Caller, ec2InstanceId: string): Promise<AgentView> {
    const agents = await this.#agents(caller);
    const agent = agents.find((view) => view.ec2InstanceId === ec2InstanceId);
    if (agent === undefined) throw notFound('instance');
    return agent;
  }

  async #agents(caller: Caller): Promise<readonly AgentView[]> {
    return (await this.requests.ask(ListAgents, { clientId: scopeOf(caller) })).agents;
  }

  async #standby(agents: readonly AgentView[], ec2InstanceId: string): Promise<FoundInstance | undefined> {
    const owners = agents.filter(({ replicaCount }) => replicaCount > 0);
    const found = await Promise.all(
      owners.map(async (agent) => {
        const request = { clientId: agent.clientId, agentRef: agent.agentId, status: null };
        const { replicas } = await this.requests.ask(ListReplicas, request);
        const replica = replicas.find(
          (view) => view.ec2InstanceId === ec2InstanceId && STANDING_BY.includes(view.status),
        );
        return replica === undefined ? undefined : standbyOf(agent, replica, ec2InstanceId);
      }),
    );
    return found.find((one) => one !== undefined);
  }
}

function primaryOf(agent: AgentView): FoundInstance {
  const { instanceType, region, az, mode } = agent;
  const inZone = az === null ? null : poolIdOf(instanceType, az);
  const poolId = agent.poolId ?? inZone;
  return {
    ec2InstanceId: agent.ec2InstanceId ?? '',
    role: 'primary',
    agent,
    instanceType,
    region,
    az,
    mode,
    poolId,
  };
}

function standbyOf(agent: AgentView, replica: ReplicaView, ec2InstanceId: string): FoundInstance {
  const { instanceType, region, az, mode, poolId } = replica;
  return { ec2InstanceId, role: 'standby', agent, instanceType, region, az, mode, poolId };
}
