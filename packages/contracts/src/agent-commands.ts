import { z } from 'zod';
import { Ec2InstanceId, Id, Instant, PoolId } from './primitives.js';

/** SQL scale of the seeds (CT-09): who asks decides how soon an agent acts. */
export const CommandPriority = {
  emergency: 100,
  manual: 75,
  modelUrgent: 50,
  model: 25,
  scheduled: 10,
} as const;

const Common = {
  commandId: Id,
  /** The installation that must execute it: one agent process on one instance. */
  agentKey: Id,
  agentId: Id,
  clientId: Id,
  /** Epoch of the logical agent when the command was made. An agent refuses one lower than the last it obeyed. */
  epoch: z.number().int().nonnegative(),
  priority: z.number().int().min(1).max(100),
  /** After this time the command is worthless and nobody may execute it. */
  deadlineAt: Instant,
  correlation: Id.optional(),
};

/**
 * What the control plane may ask of an agent. Executing one twice has one effect: `commandId` is the
 * key, and launches use it as their client token.
 */
export const AgentCommand = z.discriminatedUnion('commandType', [
  z.object({
    ...Common,
    commandType: z.literal('switch'),
    targetMode: z.enum(['spot', 'ondemand']),
    targetPoolId: PoolId.nullable(),
    /** 0 = keep the old instance. */
    terminateWaitSeconds: z.number().int().nonnegative(),
  }),
  z.object({
    ...Common,
    commandType: z.literal('create_replica'),
    replicaId: Id,
    targetMode: z.enum(['spot', 'ondemand']),
    poolId: PoolId,
  }),
  z.object({
    ...Common,
    commandType: z.literal('terminate_replica'),
    replicaId: Id,
    ec2InstanceId: Ec2InstanceId,
  }),
  z.object({ ...Common, commandType: z.literal('quiesce'), switchId: Id }),
  z.object({ ...Common, commandType: z.literal('resume'), switchId: Id }),
  z.object({ ...Common, commandType: z.literal('promote'), switchId: Id }),
  z.object({ ...Common, commandType: z.literal('terminate_instance'), ec2InstanceId: Ec2InstanceId }),
]);
export type AgentCommand = z.infer<typeof AgentCommand>;
export type AgentCommandType = AgentCommand['commandType'];

/** Commands that deployed v4 agents understand; the rest need an agent that says so when it registers. */
export const LEGACY_COMMAND_TYPES: readonly AgentCommandType[] = ['switch'];
