import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Instant, Mode, PoolId, UsdPerHour } from '../primitives.js';

/** One pool that an engine looked at, with what it found against it. */
export const Candidate = z.object({
  mode: Mode,
  poolId: PoolId,
  usdPerHour: UsdPerHour,
  savingsPercent: z.number(),
  risk: z.number().min(0).max(1),
  /** Empty for an acceptable candidate, else why not: `saving-too-small`, `risk-too-high`, … */
  rejectedBecause: z.array(z.string()),
});
export type Candidate = z.infer<typeof Candidate>;

export const DecisionMadeV1 = defineEvent({
  name: 'decision.made',
  version: 1,
  owner: 'decision',
  summary: 'An engine looked at a workload; every candidate and the reason are recorded.',
  subject: 'logical agent',
  data: z.object({
    decisionId: Id,
    agentId: Id,
    clientId: Id,
    engine: z.string(),
    engineVersion: z.string().optional(),
    action: z.enum(['stay', 'switch_to_spot', 'switch_to_ondemand']),
    targetPoolId: PoolId.nullable(),
    /** Where a standby should stand; null for none. */
    standbyPoolId: PoolId.nullable().optional(),
    /** What the limits of the workload had against it. */
    heldBackBy: z.array(z.string()).optional(),
    reason: z.string(),
    /** Net of what the move costs. */
    expectedSavingsUsdPerHour: z.number(),
    candidates: z.array(Candidate),
    decidedAt: Instant,
  }),
});

export const SwitchProposedV1 = defineEvent({
  name: 'decision.switch-proposed',
  version: 1,
  owner: 'decision',
  summary: 'A move pays and every limit allows it. The coordinator checks again before it acts.',
  subject: 'logical agent',
  data: z.object({
    decisionId: Id,
    agentId: Id,
    clientId: Id,
    /** Primary that the proposal is about; a proposal for another one is stale. */
    fromEc2InstanceId: z.string().nullable(),
    targetMode: z.enum(['spot', 'ondemand']),
    targetPoolId: PoolId,
    reason: z.string(),
    expectedSavingsUsdPerHour: z.number(),
    /** A proposal is worthless after this time. */
    expiresAt: Instant,
  }),
});

export const StandbyProposedV1 = defineEvent({
  name: 'decision.standby-proposed',
  version: 1,
  owner: 'decision',
  summary: 'Where a standby pays, or that none does any more. The coordinator checks again before it acts.',
  subject: 'logical agent',
  data: z.object({
    decisionId: Id,
    agentId: Id,
    clientId: Id,
    /** Primary that the proposal is about; a proposal for another one is stale. */
    fromEc2InstanceId: z.string().nullable(),
    /** Null to give up a standby that an earlier proposal asked for. */
    standby: z.object({ mode: z.enum(['spot', 'ondemand']), poolId: PoolId }).nullable(),
    reason: z.string(),
    /** A proposal is worthless after this time. */
    expiresAt: Instant,
  }),
});
