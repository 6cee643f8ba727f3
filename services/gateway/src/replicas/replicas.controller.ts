import { Param, Res } from '@nestjs/common';
import {
  AdoptReplica,
  ListReplicas,
  PromoteReplica,
  ReplicaStatus,
  RequestReplica,
  TerminateReplica,
} from '@spotopt/contracts';
import type { ReplicaView } from '@spotopt/contracts';
import type { BodyOf, QueryOf, ResponseOf } from '@spotopt/contracts/http';
import {
  CreateReplicaRoute,
  DeleteReplicaRoute,
  GetReplicaRoute,
  ListReplicasRoute,
  PromoteReplicaRoute,
} from '@spotopt/contracts/http';
import { Clock } from '@spotopt/kernel';
import type { FastifyReply } from 'fastify';
import { nameOf, notFound, scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { invalidRequest } from '../invalid-body.js';
import { ServiceRequests } from '../ports.js';
import { At, BodyFor, By, QueryFor, Routes, Serves } from '../route.js';
import type { Target } from '../route.js';
import { isEc2Instance, listable, poolIdOrNull, replicaTypeOf, toReplicaItem } from './replica-wire.js';

type CreateBody = NonNullable<BodyOf<typeof CreateReplicaRoute>>;
type CreateAnswer = ResponseOf<typeof CreateReplicaRoute>;

const WRITE_TIMEOUT_MS = 5_000;

function ref(caller: Caller, agentId: string): { clientId: string | null; agentRef: string } {
  return { clientId: scopeOf(caller), agentRef: agentId };
}

function createAnswer(replica: ReplicaView, message: string): CreateAnswer {
  const { replicaId, ec2InstanceId, status, poolId } = replica;
  return {
    success: true,
    replica_id: replicaId,
    instance_id: ec2InstanceId,
    status,
    message,
    pool_id: poolId,
  };
}

@Routes()
export class ReplicasController {
  constructor(
    private readonly requests: ServiceRequests,
    private readonly clock: Clock,
  ) {}

  @Serves(ListReplicasRoute)
  async list(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @QueryFor(ListReplicasRoute) query: QueryOf<typeof ListReplicasRoute>,
  ): Promise<ResponseOf<typeof ListReplicasRoute>> {
    const status = ReplicaStatus.nullable().safeParse(query.status ?? null);
    if (!status.success) throw invalidRequest([{ path: ['status'], message: 'not a status of a replica' }]);
    const { replicas } = await this.requests.ask(ListReplicas, {
      ...ref(caller, agentId),
      status: status.data,
      includeTerminated: query.include_terminated ?? false,
    });
    const items = replicas
      .filter((view) => listable(view, query.status))
      .map((view) => toReplicaItem(view, this.clock.nowMs()));
    return { replicas: items, total: items.length };
  }

  /** An instance that already runs is always taken in, else nobody would see it (CT-52). */
  @Serves(CreateReplicaRoute)
  async create(
    @By() caller: Caller,
    @At() target: Target,
    @BodyFor(CreateReplicaRoute) given: BodyOf<typeof CreateReplicaRoute>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreateAnswer> {
    const body = given ?? {};
    const agentId = target.path['agentId'] ?? '';
    const { replica, created } = isEc2Instance(body.instance_id)
      ? await this.#adopt(caller, agentId, { ...body, instance_id: body.instance_id })
      : await this.#request(caller, agentId, { ...body, request_id: target.requestId ?? body.request_id });
    if (!created) void reply.status(200);
    return createAnswer(replica, created ? 'replica accepted' : 'replica was known');
  }

  @Serves(GetReplicaRoute)
  async get(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @Param('replicaId') replicaId: string,
  ): Promise<ResponseOf<typeof GetReplicaRoute>> {
    const { replicas } = await this.requests.ask(ListReplicas, {
      ...ref(caller, agentId),
      status: null,
      includeTerminated: true,
    });
    const view = replicas.find((replica) => replica.replicaId === replicaId);
    if (view === undefined) throw notFound('replica');
    return toReplicaItem(view, this.clock.nowMs());
  }

  @Serves(PromoteReplicaRoute)
  async promote(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @Param('replicaId') replicaId: string,
    @BodyFor(PromoteReplicaRoute) body: BodyOf<typeof PromoteReplicaRoute>,
  ): Promise<ResponseOf<typeof PromoteReplicaRoute>> {
    const answer = await this.requests.ask(
      PromoteReplica,
      {
        ...ref(caller, agentId),
        replicaId,
        demoteOldPrimary: body?.demote_old_primary ?? false,
        requestedBy: nameOf(caller),
        requestId: body?.request_id ?? null,
      },
      { timeoutMs: WRITE_TIMEOUT_MS },
    );
    return {
      success: true,
      status: 'success',
      message: 'promotion started',
      promoted: true,
      switch_id: answer.switchId,
      replica_id: replicaId,
      instance_id: answer.newEc2InstanceId,
      new_instance_id: answer.newEc2InstanceId,
      old_instance_id: answer.oldEc2InstanceId,
    };
  }

  @Serves(DeleteReplicaRoute)
  async remove(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @Param('replicaId') replicaId: string,
  ): Promise<ResponseOf<typeof DeleteReplicaRoute>> {
    const { replica } = await this.requests.ask(
      TerminateReplica,
      { ...ref(caller, agentId), replicaId, requestedBy: nameOf(caller) },
      { timeoutMs: WRITE_TIMEOUT_MS },
    );
    return {
      success: true,
      status: 'success',
      message: 'replica given up',
      replica_id: replica.replicaId,
      instance_id: replica.ec2InstanceId,
      replica_terminated: true,
      terminated_at: replica.terminatedAt,
    };
  }

  #adopt(
    caller: Caller,
    agentId: string,
    body: CreateBody & { instance_id: string },
  ): Promise<{ replica: ReplicaView; created: boolean }> {
    const status = ReplicaStatus.safeParse(body.status);
    const request = {
      ...ref(caller, agentId),
      ec2InstanceId: body.instance_id,
      replicaType: replicaTypeOf(body.replica_type),
      poolId: poolIdOrNull(body.pool_id ?? body.target_pool_id),
      status: status.success ? status.data : 'launching',
    } as const;
    return this.requests.ask(AdoptReplica, request, { timeoutMs: WRITE_TIMEOUT_MS });
  }

  #request(
    caller: Caller,
    agentId: string,
    body: CreateBody,
  ): Promise<{ replica: ReplicaView; created: boolean }> {
    const named = body.pool_id ?? body.target_pool_id ?? null;
    const poolId = poolIdOrNull(named);
    if (named !== null && named !== 'auto' && poolId === null) {
      throw invalidRequest([
        { path: ['pool_id'], message: 'expected a pool id such as t3.medium.us-east-1a' },
      ]);
    }
    const request = {
      ...ref(caller, agentId),
      replicaType: replicaTypeOf(body.replica_type),
      poolId,
      excludeZones: body.exclude_zones ?? [],
      createdBy: body.created_by ?? nameOf(caller),
      requestId: body.request_id ?? null,
    };
    return this.requests.ask(RequestReplica, request, { timeoutMs: WRITE_TIMEOUT_MS });
  }
}
