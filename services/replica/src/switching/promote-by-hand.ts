import type { PromoteReplica as PromoteReplicaRpc, RpcRequest, RpcResponse } from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import {
  type Agent,
  type FleetStore,
  type Instance,
  requireScoped,
  type UseCaseDeps,
} from '../fleet/index.js';
import type { SwitchStore } from './ports.js';
import type { StartSwitch } from './start-switch.js';

/** A person promotes a ready standby. As often as they like; the same request id gives the same answer. */
export class PromoteByHand {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly switches: SwitchStore;
      readonly start: StartSwitch;
    },
  ) {}

  execute(request: RpcRequest<typeof PromoteReplicaRpc>): Promise<RpcResponse<typeof PromoteReplicaRpc>> {
    return this.deps.uow.run(async (tx) => {
      const { agent } = await requireScoped(tx, this.ports.fleet, request);
      const earlier = await this.#earlier(tx, agent, request.requestId);
      if (earlier !== null) return earlier;
      const { from, to } = await this.#promotable(tx, agent, request.replicaId);
      const sw = await this.ports.start.start(tx, {
        agent,
        from,
        to,
        trigger: 'replica_promotion',
        reason: `replica promoted by ${request.requestedBy}`,
        requestedBy: request.requestedBy,
        requestId: request.requestId,
        targetMode: to.mode,
        targetPoolId: to.poolId,
        demoteOldPrimary: request.demoteOldPrimary,
      });
      return {
        switchId: sw.id,
        newEc2InstanceId: to.ec2InstanceId,
        oldEc2InstanceId: from.ec2InstanceId,
      };
    });
  }

  async #earlier(
    tx: Tx,
    agent: Agent,
    requestId: string | null,
  ): Promise<RpcResponse<typeof PromoteReplicaRpc> | null> {
    if (requestId === null) return null;
    const sw = await this.ports.switches.findByRequestId(tx, agent.id, requestId);
    if (sw === null) return null;
    const from = await this.ports.fleet.findInstance(tx, sw.fromInstanceId);
    const to = sw.toInstanceId === null ? null : await this.ports.fleet.findInstance(tx, sw.toInstanceId);
    return {
      switchId: sw.id,
      newEc2InstanceId: to?.ec2InstanceId ?? '',
      oldEc2InstanceId: from?.ec2InstanceId ?? null,
    };
  }

  async #promotable(
    tx: Tx,
    agent: Agent,
    replicaId: string,
  ): Promise<{ from: Instance; to: Instance & { ec2InstanceId: string } }> {
    const to = await this.ports.fleet.findInstance(tx, replicaId);
    if (to === null || to.agentId !== agent.id) {
      throw AppError.permanent('replica-not-found', `no replica ${replicaId}`, { details: { replicaId } });
    }
    const { ec2InstanceId } = to;
    if (to.state !== 'ready' || ec2InstanceId === null) {
      throw AppError.permanent('replica-not-ready', `replica ${replicaId} is ${to.state}, not ready`, {
        details: { state: to.state },
      });
    }
    const from = await this.ports.fleet.findPrimary(tx, agent.id);
    if (from === null) throw AppError.permanent('no-primary', 'the agent has no running primary');
    return { from, to: { ...to, ec2InstanceId } };
  }
}
