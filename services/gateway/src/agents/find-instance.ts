import { FindInstance as FindInstanceRpc } from '@spotopt/contracts';
import type { AgentView } from '@spotopt/contracts';
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

/** Which workload an EC2 instance id of a request is about. Machines that were left are nobody’s any more. */
export class FindInstance {
  constructor(private readonly requests: ServiceRequests) {}

  /** @throws AppError `not-found` (permanent) for one that is missing, left or somebody else’s */
  async execute(caller: Caller, ec2InstanceId: string): Promise<FoundInstance> {
    const request = { clientId: scopeOf(caller), ec2InstanceId };
    const { found } = await this.requests.ask(FindInstanceRpc, request);
    if (found === null) throw notFound('instance');
    return { ec2InstanceId, ...found };
  }

  /** The workload that an instance serves. @throws AppError `not-found` (permanent) like above */
  async workloadOn(caller: Caller, ec2InstanceId: string): Promise<AgentView> {
    const { role, agent } = await this.execute(caller, ec2InstanceId);
    if (role !== 'primary') throw notFound('instance');
    return agent;
  }
}
