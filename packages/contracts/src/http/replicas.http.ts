import { z } from 'zod';
import { ReplicaStatus } from '../rpc/fleet.rpc.js';
import { defineRoute } from './define-route.js';
import {
  Acknowledged,
  OptionalFlag,
  OptionalInstant,
  OptionalNumber,
  OptionalText,
} from './wire-primitives.js';

/** A standby as agents and dashboards read it. */
export const ReplicaItem = z.looseObject({
  id: z.string(),
  replica_id: z.string(),
  agent_id: z.string(),
  instance_id: z.string().nullable(),
  type: z.string(),
  replica_type: z.string(),
  status: z.string(),
  sync_status: z.string(),
  sync_latency_ms: z.number().nullable(),
  state_transfer_progress: z.number(),
  pool_id: z.string(),
  az: z.string(),
  pool: z.object({
    id: z.string(),
    name: z.string(),
    instance_type: z.string(),
    region: z.string(),
    az: z.string(),
  }),
  is_active: z.boolean(),
  created_at: z.string(),
  ready_at: z.string().nullable(),
  terminated_at: z.string().nullable(),
});
export type ReplicaItem = z.infer<typeof ReplicaItem>;

const ReplicaAnswer = Acknowledged.extend({
  replica_id: z.string(),
  instance_id: z.string().nullable(),
  message: z.string(),
});

export const ListReplicasRoute = defineRoute({
  id: 'listReplicas',
  at: 'GET /api/agents/:agentId/replicas',
  summary: 'Standbys; `terminated` lists only those whose end in EC2 is not confirmed.',
  access: 'client-or-admin',
  query: z.object({ status: z.string().optional(), include_terminated: z.stringbool().optional() }),
  response: z.object({ replicas: z.array(ReplicaItem), total: z.number().int() }),
});

export const CreateReplicaRoute = defineRoute({
  id: 'createReplica',
  at: 'POST /api/agents/:agentId/replicas',
  summary: 'With an instance id: an instance that already runs. Without: asks for one.',
  access: 'client-or-admin',
  status: 201,
  body: z
    .object({
      instance_id: OptionalText,
      replica_type: OptionalText,
      pool_id: OptionalText,
      target_pool_id: OptionalText,
      status: OptionalText,
      exclude_zones: z.array(z.string()).nullish(),
      created_by: OptionalText,
      request_id: OptionalText,
    })
    .nullish(),
  response: ReplicaAnswer,
});

export const GetReplicaRoute = defineRoute({
  id: 'getReplica',
  at: 'GET /api/agents/:agentId/replicas/:replicaId',
  summary: 'One standby.',
  access: 'client-or-admin',
  response: ReplicaItem,
});

export const PutReplicaRoute = defineRoute({
  id: 'putReplica',
  at: 'PUT /api/agents/:agentId/replicas/:replicaId',
  summary: 'The EC2 instance of a standby that an agent launched.',
  access: 'client',
  body: z.object({ instance_id: z.string().min(1).max(64), status: OptionalText }),
  response: ReplicaAnswer,
});

export const ReplicaStatusRoute = defineRoute({
  id: 'reportReplicaStatus',
  at: 'POST /api/agents/:agentId/replicas/:replicaId/status',
  summary: 'Status of a standby, as its maker sees it.',
  access: 'client',
  body: z.object({
    status: ReplicaStatus,
    is_active: OptionalFlag,
    sync_started_at: OptionalInstant,
    sync_completed_at: OptionalInstant,
    terminated_at: OptionalInstant,
    error_message: OptionalText,
  }),
  response: ReplicaAnswer,
});

export const ReplicaSyncRoute = defineRoute({
  id: 'reportReplicaSync',
  at: 'POST /api/agents/:agentId/replicas/:replicaId/sync-status',
  summary: 'How far a standby has the state of the primary.',
  access: 'client',
  body: z.object({
    sync_status: OptionalText,
    status: OptionalText,
    sync_latency_ms: OptionalNumber,
    lag_seconds: OptionalNumber,
    state_transfer_progress: z.number().min(0).max(100).nullish(),
    last_sync_timestamp: OptionalInstant,
  }),
  response: ReplicaAnswer,
});

export const PromoteReplicaRoute = defineRoute({
  id: 'promoteReplica',
  at: 'POST /api/agents/:agentId/replicas/:replicaId/promote',
  summary: 'Starts a switch to a ready standby.',
  access: 'client-or-admin',
  body: z.object({ demote_old_primary: OptionalFlag, request_id: OptionalText }).nullish(),
  response: ReplicaAnswer.extend({
    switch_id: z.string(),
    promoted: z.boolean(),
    new_instance_id: z.string(),
    old_instance_id: z.string().nullable(),
  }),
});

export const DeleteReplicaRoute = defineRoute({
  id: 'deleteReplica',
  at: 'DELETE /api/agents/:agentId/replicas/:replicaId',
  summary: 'Gives up a standby; in manual mode another one is made.',
  access: 'client-or-admin',
  response: ReplicaAnswer.extend({ replica_terminated: z.boolean(), terminated_at: z.string().nullable() }),
});

export const ListClientReplicasRoute = defineRoute({
  id: 'listClientReplicas',
  at: 'GET /api/client/:clientId/replicas',
  summary: 'Active standbys of every agent of a tenant.',
  access: 'client-or-admin',
  response: z.object({ replicas: z.array(ReplicaItem), total: z.number().int() }),
});
