import { Param } from '@nestjs/common';
import { ReplicaStatus, UpdateReplica } from '@spotopt/contracts';
import type { RpcRequest } from '@spotopt/contracts';
import type { BodyOf, ResponseOf } from '@spotopt/contracts/http';
import { PutReplicaRoute, ReplicaStatusRoute, ReplicaSyncRoute } from '@spotopt/contracts/http';
import { scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { invalidRequest } from '../invalid-body.js';
import { ServiceRequests } from '../ports.js';
import { BodyFor, By, Routes, Serves } from '../route.js';
import { isEc2Instance, syncStatusOf } from './replica-wire.js';

type Update = Omit<RpcRequest<typeof UpdateReplica>, 'clientId' | 'agentRef' | 'replicaId'>;
type Answer = ResponseOf<typeof PutReplicaRoute>;

const NO_CHANGE: Update = {
  ec2InstanceId: null,
  status: null,
  syncStatus: null,
  syncLatencyMs: null,
  stateTransferProgress: null,
  errorMessage: null,
};

/** What agents say about the standbys that they made or are. */
@Routes()
export class ReplicaReportsController {
  constructor(private readonly requests: ServiceRequests) {}

  @Serves(PutReplicaRoute)
  async launched(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @Param('replicaId') replicaId: string,
    @BodyFor(PutReplicaRoute) body: BodyOf<typeof PutReplicaRoute>,
  ): Promise<Answer> {
    if (!isEc2Instance(body.instance_id)) {
      throw invalidRequest([
        { path: ['instance_id'], message: 'expected an EC2 instance id such as i-0abc1234' },
      ]);
    }
    const status = ReplicaStatus.safeParse(body.status);
    const change = {
      ec2InstanceId: body.instance_id,
      status: status.success ? status.data : ('syncing' as const),
    };
    return this.#update(caller, { agentId, replicaId }, change);
  }

  @Serves(ReplicaStatusRoute)
  async status(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @Param('replicaId') replicaId: string,
    @BodyFor(ReplicaStatusRoute) body: BodyOf<typeof ReplicaStatusRoute>,
  ): Promise<Answer> {
    const status = body.is_active === false && body.status !== 'failed' ? 'terminated' : body.status;
    return this.#update(caller, { agentId, replicaId }, { status, errorMessage: body.error_message ?? null });
  }

  @Serves(ReplicaSyncRoute)
  async synchronised(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @Param('replicaId') replicaId: string,
    @BodyFor(ReplicaSyncRoute) body: BodyOf<typeof ReplicaSyncRoute>,
  ): Promise<Answer> {
    const status = ReplicaStatus.safeParse(body.status);
    const lagMs = typeof body.lag_seconds === 'number' ? body.lag_seconds * 1_000 : null;
    const syncStatus = syncStatusOf(body.sync_status);
    return this.#update(
      caller,
      { agentId, replicaId },
      {
        status: status.success ? status.data : null,
        syncStatus,
        syncLatencyMs: body.sync_latency_ms ?? lagMs,
        stateTransferProgress: body.state_transfer_progress ?? (syncStatus === 'synced' ? 100 : null),
      },
    );
  }

  async #update(
    caller: Caller,
    target: { agentId: string; replicaId: string },
    change: Partial<Update>,
  ): Promise<Answer> {
    const { agentId, replicaId } = target;
    const request = { clientId: scopeOf(caller), agentRef: agentId, replicaId, ...NO_CHANGE, ...change };
    const { replica } = await this.requests.ask(UpdateReplica, request, { timeoutMs: 5_000 });
    return {
      success: true,
      status: replica.status,
      message: 'recorded',
      replica_id: replica.replicaId,
      instance_id: replica.ec2InstanceId,
    };
  }
}
