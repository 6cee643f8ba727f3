import { z } from 'zod';
import { AgentCommand } from '../agent-commands.js';
import { defineEvent } from '../define.js';
import { Id, Instant, Mode, PoolId, ReplicaType, Role, Trigger, UsdPerHour } from '../primitives.js';

const OfAgent = { agentId: Id, clientId: Id };

/** Where and what a workload runs on now. */
const Placement = z.object({
  instanceId: Id,
  ec2InstanceId: z.string().nullable(),
  mode: Mode,
  poolId: PoolId,
});

export const AgentSettings = z.object({
  enabled: z.boolean(),
  autoSwitchEnabled: z.boolean(),
  manualReplicaEnabled: z.boolean(),
  autoReplicaEnabled: z.boolean(),
  autoTerminateEnabled: z.boolean(),
  terminateWaitSeconds: z.number().int().nonnegative(),
  minSavingsPercent: z.number(),
  maxRisk: z.number(),
  cooldownMinutes: z.number().int().nonnegative(),
  maxSwitchesPerDay: z.number().int().nonnegative(),
  maxSwitchesPerWeek: z.number().int().nonnegative(),
  /** What a minute without service costs this workload; without it, 100 minutes of its on-demand machine. */
  downtimeUsdPerMinute: z.number().nonnegative().nullable().optional(),
  /** What moving its state once costs, such as snapshots and traffic between zones. */
  transferUsdPerSwitch: z.number().nonnegative().nullable().optional(),
});
export type AgentSettings = z.infer<typeof AgentSettings>;

export const AgentRegisteredV1 = defineEvent({
  name: 'agent.registered',
  version: 1,
  owner: 'replica',
  summary: 'An installation registered; carries what the logical agent runs on and how it is set.',
  subject: 'logical agent',
  data: z.object({
    ...OfAgent,
    agentKey: Id,
    logicalAgentId: z.string(),
    region: z.string(),
    instanceType: z.string(),
    role: Role,
    placement: Placement,
    primary: Placement.nullable(),
    settings: AgentSettings,
    epoch: z.number().int().nonnegative(),
  }),
});

export const AgentOnlineV1 = defineEvent({
  name: 'agent.online',
  version: 1,
  owner: 'replica',
  summary: 'Heartbeats of the primary instance arrive again.',
  subject: 'logical agent',
  data: z.object({ ...OfAgent, lastHeartbeatAt: Instant }),
});

export const AgentOfflineV1 = defineEvent({
  name: 'agent.offline',
  version: 1,
  owner: 'replica',
  summary: 'No heartbeat of the primary instance within the offline time-out, or the agent said goodbye.',
  subject: 'logical agent',
  data: z.object({ ...OfAgent, lastHeartbeatAt: Instant.nullable(), reason: z.enum(['timeout', 'goodbye']) }),
});

export const AgentSettingsChangedV1 = defineEvent({
  name: 'agent.settings-changed',
  version: 1,
  owner: 'replica',
  summary: 'Settings of a logical agent changed; carries all of them.',
  subject: 'logical agent',
  data: z.object({ ...OfAgent, settings: AgentSettings }),
});

export const AgentDeletedV1 = defineEvent({
  name: 'agent.deleted',
  version: 1,
  owner: 'replica',
  summary: 'A logical agent was deleted; its history stays.',
  subject: 'logical agent',
  data: z.object({ ...OfAgent }),
});

export const CommandRequestedV1 = defineEvent({
  name: 'replica.command-requested',
  version: 1,
  owner: 'replica',
  summary: 'The coordinator asks for a command to be put into an agent’s mailbox and queue.',
  subject: 'logical agent',
  data: z.object({ command: AgentCommand }),
});

const OfReplica = {
  ...OfAgent,
  replicaId: Id,
  replicaType: ReplicaType,
  poolId: PoolId,
  mode: Mode.optional(),
  /** The decision engine asked for it, and may give it up; nobody else's standby is its to judge. */
  advised: z.boolean().optional(),
};

export const ReplicaRequestedV1 = defineEvent({
  name: 'replica.requested',
  version: 1,
  owner: 'replica',
  summary: 'A standby is wanted in a pool; nothing runs yet.',
  subject: 'logical agent',
  data: z.object({ ...OfReplica }),
});

export const ReplicaLaunchedV1 = defineEvent({
  name: 'replica.launched',
  version: 1,
  owner: 'replica',
  summary: 'The EC2 instance of a standby is known.',
  subject: 'logical agent',
  data: z.object({ ...OfReplica, ec2InstanceId: z.string() }),
});

export const ReplicaReadyV1 = defineEvent({
  name: 'replica.ready',
  version: 1,
  owner: 'replica',
  summary: 'A standby may be promoted.',
  subject: 'logical agent',
  data: z.object({ ...OfReplica, ec2InstanceId: z.string(), readyAfterMs: z.number().nonnegative() }),
});

export const ReplicaPromotedV1 = defineEvent({
  name: 'replica.promoted',
  version: 1,
  owner: 'replica',
  summary: 'A standby became the PRIMARY; the old primary became a ZOMBIE in the same transaction.',
  subject: 'logical agent',
  data: z.object({
    ...OfReplica,
    ec2InstanceId: z.string(),
    oldInstanceId: Id.nullable(),
    oldEc2InstanceId: z.string().nullable(),
    switchId: Id,
    trigger: Trigger,
    epoch: z.number().int().positive(),
    /** Rows with the role PRIMARY of this agent, counted inside the promoting transaction: always 1. */
    primariesAfterCommit: z.number().int(),
  }),
});

export const ReplicaFailedV1 = defineEvent({
  name: 'replica.failed',
  version: 1,
  owner: 'replica',
  summary: 'A standby could not be made, or was lost.',
  subject: 'logical agent',
  data: z.object({
    ...OfReplica,
    ec2InstanceId: z.string().nullable(),
    reason: z.string(),
    /** The pool had no machine to give, or none at that price. Anything else says nothing about the pool. */
    refused: z.boolean().optional(),
  }),
});

export const InstanceRoleChangedV1 = defineEvent({
  name: 'instance.role-changed',
  version: 1,
  owner: 'replica',
  summary: 'The control plane gave an instance another role.',
  subject: 'logical agent',
  data: z.object({
    ...OfAgent,
    placement: Placement,
    from: Role.nullable(),
    to: Role,
    epoch: z.number().int().nonnegative(),
    reason: z.string(),
  }),
});

export const InstanceTerminatedV1 = defineEvent({
  name: 'instance.terminated',
  version: 1,
  owner: 'replica',
  summary: 'An instance is really gone, by our command or by AWS.',
  subject: 'logical agent',
  data: z.object({
    ...OfAgent,
    instanceId: Id,
    ec2InstanceId: z.string(),
    lastRole: Role,
    reason: z.string(),
    terminatedAt: Instant,
  }),
});

/** Steps of a switch in their order; a step that a path does not need is skipped and says so. */
export const SwitchStep = z.enum([
  'plan',
  'launch',
  'sync',
  'quiesce',
  'promote',
  'move-traffic',
  'confirm',
  'finish',
]);
export type SwitchStep = z.infer<typeof SwitchStep>;

const STEPS_BESIDE_THE_WORKLOAD: ReadonlySet<SwitchStep> = new Set(['plan', 'launch', 'sync']);

/** Whether a switch that failed in this step had already asked the old primary to stop. */
export function touchesWorkload(step: SwitchStep): boolean {
  return !STEPS_BESIDE_THE_WORKLOAD.has(step);
}

const OfSwitch = {
  ...OfAgent,
  switchId: Id,
  trigger: Trigger,
  from: Placement,
  decisionId: Id.nullable(),
  incidentId: Id.nullable(),
};

export const SwitchStartedV1 = defineEvent({
  name: 'switch.started',
  version: 1,
  owner: 'replica',
  summary: 'A change of primary began.',
  subject: 'logical agent',
  data: z.object({ ...OfSwitch, reason: z.string(), targetMode: Mode, targetPoolId: PoolId.nullable() }),
});

export const SwitchStepFinishedV1 = defineEvent({
  name: 'switch.step-finished',
  version: 1,
  owner: 'replica',
  summary: 'One step of a switch ended.',
  subject: 'logical agent',
  data: z.object({
    ...OfAgent,
    switchId: Id,
    step: SwitchStep,
    outcome: z.enum(['done', 'skipped', 'failed']),
    detail: z.string(),
    startedAt: Instant,
    finishedAt: Instant,
  }),
});

export const SwitchFinishedV1 = defineEvent({
  name: 'switch.finished',
  version: 1,
  owner: 'replica',
  summary: 'The new primary confirmed at the new epoch; traffic is on it.',
  subject: 'logical agent',
  data: z.object({
    ...OfSwitch,
    to: Placement,
    epoch: z.number().int().positive(),
    startedAt: Instant,
    finishedAt: Instant,
    /** From the old primary’s last moment of service to the new one’s first, as the agents reported them. */
    downtimeMs: z.number().nonnegative().nullable(),
    oldUsdPerHour: UsdPerHour.nullable(),
    newUsdPerHour: UsdPerHour.nullable(),
    onDemandUsdPerHour: UsdPerHour.nullable(),
    /** Signed: old price minus new price; null while a price is unknown. */
    savingsUsdPerHour: z.number().nullable(),
  }),
});

export const SwitchFailedV1 = defineEvent({
  name: 'switch.failed',
  version: 1,
  owner: 'replica',
  summary: 'A switch was given up; the old primary stays unless it was already replaced.',
  subject: 'logical agent',
  data: z.object({ ...OfSwitch, step: SwitchStep, reason: z.string(), rolledBack: z.boolean() }),
});
