import { z } from 'zod';
import { defineRpc } from '../define.js';
import { AgentSettings } from '../events/fleet.events.js';
import { Id, Instant, Mode, PoolId, ReplicaType, Role } from '../primitives.js';

/** Requests that `replica`, the owner of the fleet, answers. Every one is scoped by the caller’s tenant. */

/** What an installation is allowed to be, as the control plane sees it now. */
export const ResolvedAgent = z.object({
  agentKey: Id,
  agentId: Id,
  clientId: Id,
  logicalAgentId: z.string(),
  ec2InstanceId: z.string().nullable(),
  role: Role,
  /** False for every installation that is not the primary (CT-02). */
  enabled: z.boolean(),
  epoch: z.number().int().nonnegative(),
  /** Command types that the installation said or is known to understand. */
  commandTypes: z.array(z.string()),
});
export type ResolvedAgent = z.infer<typeof ResolvedAgent>;

export const RegisterAgent = defineRpc({
  owner: 'replica',
  name: 'register-agent',
  summary: 'Registers an installation and decides its role from its instance id.',
  request: z.object({
    clientId: Id,
    logicalAgentId: z.string().min(1),
    ec2InstanceId: z.string().min(1),
    instanceType: z.string().nullable(),
    region: z.string().nullable(),
    az: z.string().nullable(),
    amiId: z.string().nullable(),
    mode: Mode,
    hostname: z.string().nullable(),
    privateIp: z.string().nullable(),
    publicIp: z.string().nullable(),
    agentVersion: z.string().nullable(),
    commandTypes: z.array(z.string()).nullable(),
  }),
  response: z.object({ agent: ResolvedAgent, settings: AgentSettings, created: z.boolean() }),
});

/** `agentRef` is an installation’s key or a logical agent’s id; a foreign one is answered like a missing one. */
export const AgentRef = { clientId: Id.nullable(), agentRef: Id };

export const ResolveAgent = defineRpc({
  owner: 'replica',
  name: 'resolve-agent',
  summary: 'Who an agent id belongs to; null when there is none for this tenant.',
  request: z.object({ ...AgentRef }),
  response: z.object({ agent: ResolvedAgent.nullable() }),
});

export const GetAgentConfig = defineRpc({
  owner: 'replica',
  name: 'get-agent-config',
  summary: 'Settings as this installation must obey them: a non-primary one is never enabled.',
  request: z.object({ ...AgentRef }),
  response: z.object({ agent: ResolvedAgent, settings: AgentSettings }),
});

export const ChangeAgentSettings = defineRpc({
  owner: 'replica',
  name: 'change-agent-settings',
  summary: 'Changes the given settings only. Automatic switching and a manual replica exclude each other.',
  request: z.object({ ...AgentRef, changes: AgentSettings.partial() }),
  response: z.object({ settings: AgentSettings }),
});

export const TrafficTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('elastic-ip'), allocationId: z.string().min(1) }),
]);

export const SetTrafficTarget = defineRpc({
  owner: 'replica',
  name: 'set-traffic-target',
  summary: 'What users reach the workload by, and what a switch therefore moves; null = nothing.',
  request: z.object({ ...AgentRef, target: TrafficTarget.nullable() }),
  response: z.object({ target: TrafficTarget.nullable() }),
});

export const AgentView = z.object({
  agentId: Id,
  clientId: Id,
  logicalAgentId: z.string(),
  status: z.enum(['online', 'offline', 'switching', 'disabled', 'deleted']),
  hostname: z.string().nullable(),
  agentVersion: z.string().nullable(),
  region: z.string(),
  instanceType: z.string(),
  ec2InstanceId: z.string().nullable(),
  az: z.string().nullable(),
  mode: Mode,
  poolId: PoolId.nullable(),
  epoch: z.number().int().nonnegative(),
  lastHeartbeatAt: Instant.nullable(),
  createdAt: Instant,
  settings: AgentSettings,
  replicaCount: z.number().int().nonnegative(),
});
export type AgentView = z.infer<typeof AgentView>;

export const ListAgents = defineRpc({
  owner: 'replica',
  name: 'list-agents',
  summary: 'Logical agents, of one tenant or all.',
  request: z.object({ clientId: Id.nullable(), includeDeleted: z.boolean().default(false) }),
  response: z.object({ agents: z.array(AgentView) }),
});

export const FindInstance = defineRpc({
  owner: 'replica',
  name: 'find-instance',
  summary: 'The workload that a machine serves or stands by for; null when it was left or is a foreign one.',
  request: z.object({ clientId: Id.nullable(), ec2InstanceId: z.string().min(1) }),
  response: z.object({
    found: z
      .object({
        role: z.enum(['primary', 'standby']),
        agent: AgentView,
        instanceType: z.string(),
        region: z.string(),
        az: z.string(),
        mode: Mode,
        poolId: PoolId,
      })
      .nullable(),
  }),
});

export const DeleteAgent = defineRpc({
  owner: 'replica',
  name: 'delete-agent',
  summary: 'Soft delete: standbys are terminated, history stays, the logical id may register anew.',
  request: z.object({ ...AgentRef }),
  response: z.object({ agentId: Id }),
});

export const ReplicaStatus = z.enum(['launching', 'syncing', 'ready', 'promoted', 'terminated', 'failed']);
export type ReplicaStatus = z.infer<typeof ReplicaStatus>;

export const ReplicaView = z.object({
  replicaId: Id,
  agentId: Id,
  ec2InstanceId: z.string().nullable(),
  replicaType: ReplicaType,
  status: ReplicaStatus,
  syncStatus: z.enum(['initializing', 'syncing', 'synced', 'out-of-sync']),
  syncLatencyMs: z.number().nullable(),
  stateTransferProgress: z.number().min(0).max(100),
  poolId: PoolId,
  instanceType: z.string(),
  region: z.string(),
  az: z.string(),
  mode: Mode,
  createdBy: z.string(),
  createdAt: Instant,
  launchedAt: Instant.nullable(),
  readyAt: Instant.nullable(),
  promotedAt: Instant.nullable(),
  terminatedAt: Instant.nullable(),
  terminationConfirmed: z.boolean(),
});
export type ReplicaView = z.infer<typeof ReplicaView>;

export const ListReplicas = defineRpc({
  owner: 'replica',
  name: 'list-replicas',
  summary: 'Standbys of an agent; `terminated` lists only those whose EC2 termination is unconfirmed.',
  request: z.object({
    ...AgentRef,
    status: ReplicaStatus.nullable(),
    includeTerminated: z.boolean().default(false),
  }),
  response: z.object({ replicas: z.array(ReplicaView) }),
});

export const RequestReplica = defineRpc({
  owner: 'replica',
  name: 'request-replica',
  summary: 'Asks for a standby; the pool is chosen when none is given, never the primary’s pool or zone.',
  request: z.object({
    ...AgentRef,
    replicaType: ReplicaType,
    poolId: PoolId.nullable(),
    excludeZones: z.array(z.string()).default([]),
    createdBy: z.string(),
    requestId: z.string().nullable(),
  }),
  response: z.object({ replica: ReplicaView, created: z.boolean() }),
});

export const AdoptReplica = defineRpc({
  owner: 'replica',
  name: 'adopt-replica',
  summary: 'Stores a standby that an agent already launched; never refused, else it would run unseen.',
  request: z.object({
    ...AgentRef,
    ec2InstanceId: z.string(),
    replicaType: ReplicaType,
    poolId: PoolId.nullable(),
    status: ReplicaStatus,
  }),
  response: z.object({ replica: ReplicaView, created: z.boolean() }),
});

export const UpdateReplica = defineRpc({
  owner: 'replica',
  name: 'update-replica',
  summary: 'An agent reports the instance, status or synchronisation of a standby; only forward moves count.',
  request: z.object({
    ...AgentRef,
    replicaId: Id,
    ec2InstanceId: z.string().nullable(),
    status: ReplicaStatus.nullable(),
    syncStatus: z.enum(['initializing', 'syncing', 'synced', 'out-of-sync']).nullable(),
    syncLatencyMs: z.number().nullable(),
    stateTransferProgress: z.number().min(0).max(100).nullable(),
    errorMessage: z.string().nullable(),
  }),
  response: z.object({ replica: ReplicaView }),
});

export const PromoteReplica = defineRpc({
  owner: 'replica',
  name: 'promote-replica',
  summary: 'Starts a switch to a ready standby on behalf of a person.',
  request: z.object({
    ...AgentRef,
    replicaId: Id,
    demoteOldPrimary: z.boolean().default(false),
    requestedBy: z.string(),
    requestId: z.string().nullable(),
  }),
  response: z.object({
    switchId: Id,
    newEc2InstanceId: z.string(),
    oldEc2InstanceId: z.string().nullable(),
  }),
});

export const TerminateReplica = defineRpc({
  owner: 'replica',
  name: 'terminate-replica',
  summary: 'Gives up a standby. In manual mode the reconciler makes another one.',
  request: z.object({ ...AgentRef, replicaId: Id, requestedBy: z.string() }),
  response: z.object({ replica: ReplicaView }),
});

export const InstancesToTerminate = defineRpc({
  owner: 'replica',
  name: 'instances-to-terminate',
  summary: 'Zombies whose wait is over and standbys that were given up, of this agent only.',
  request: z.object({ ...AgentRef }),
  response: z.object({
    autoTerminateEnabled: z.boolean(),
    terminateWaitSeconds: z.number().int().nonnegative(),
    instances: z.array(
      z.object({
        ec2InstanceId: z.string(),
        instanceType: z.string(),
        az: z.string(),
        reason: z.enum(['zombie_timeout', 'replica_terminated']),
        secondsWaiting: z.number().int().nonnegative(),
      }),
    ),
  }),
});

export const ReportTermination = defineRpc({
  owner: 'replica',
  name: 'report-termination',
  summary: 'An agent says whether it could terminate an instance of its own workload.',
  request: z.object({
    ...AgentRef,
    ec2InstanceId: z.string(),
    success: z.boolean(),
    error: z.string().nullable(),
    terminatedAt: Instant.nullable(),
  }),
  response: z.object({ accepted: z.boolean() }),
});

export const FleetSummary = defineRpc({
  owner: 'replica',
  name: 'fleet-summary',
  summary: 'Counts for overview pages, of one tenant or all.',
  request: z.object({ clientId: Id.nullable() }),
  response: z.object({
    agentsTotal: z.number().int(),
    agentsOnline: z.number().int(),
    instancesRunning: z.number().int(),
    /** Standbys: all, those that could be promoted at once, those that are not there yet. */
    replicasActive: z.number().int(),
    replicasReady: z.number().int(),
    replicasSyncing: z.number().int(),
    switchesTotal: z.number().int(),
    switchesToday: z.number().int(),
    modelSwitches: z.number().int(),
    manualSwitches: z.number().int(),
    emergencySwitches: z.number().int(),
    downtimeMsTotal: z.number(),
  }),
});
