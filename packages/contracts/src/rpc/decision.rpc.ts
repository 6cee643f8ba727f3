import { z } from 'zod';
import { defineRpc } from '../define.js';
import { DecisionMadeV1 } from '../events/decision.events.js';
import { Id, Instant, Mode, PoolId } from '../primitives.js';

export const ListDecisions = defineRpc({
  owner: 'decision',
  name: 'list-decisions',
  summary: 'Decisions with their candidates and reasons, newest first.',
  request: z.object({
    clientId: Id.nullable(),
    agentId: Id.nullable(),
    limit: z.number().int().min(1).max(500).default(50),
  }),
  response: z.object({
    decisions: z.array(DecisionMadeV1.data),
    /** 10,000 where there are more. */
    total: z.number().int(),
  }),
});

const Choice = z.object({ mode: z.enum(['spot', 'ondemand']), poolId: PoolId });

/** One placement that an engine looked at, best first. */
export const CandidateView = z.object({
  mode: z.enum(['spot', 'ondemand']),
  poolId: PoolId,
  usdPerHour: z.number().nullable(),
  savingsPercent: z.number().nullable(),
  risk: z.number(),
  lossPerHour: z.number().nullable(),
  scoreUsdPerHour: z.number().nullable(),
  expectedUsdPerHour: z.number().nullable(),
  expectedDowntimeSecondsPerHour: z.number().nullable(),
  rejectedBecause: z.array(z.string()),
});
export type CandidateView = z.infer<typeof CandidateView>;

/** An engine that was asked, and how it went. */
export const EngineAttemptView = z.object({
  engineId: z.string(),
  name: z.string(),
  version: z.string(),
  elapsedMs: z.number().nonnegative(),
  /** Null when its proposal was taken. */
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type EngineAttemptView = z.infer<typeof EngineAttemptView>;

/** A decision as a person reads it: what, why, what it brings, what else there was, what held it back. */
export const DecisionView = z.object({
  decisionId: Id,
  agentId: Id,
  clientId: Id,
  decidedAt: Instant,
  engine: z.object({
    engineId: z.string(),
    kind: z.string(),
    name: z.string(),
    version: z.string(),
    sha256: z.string().nullable(),
  }),
  attempts: z.array(EngineAttemptView),
  action: z.enum(['stay', 'switch_to_spot', 'switch_to_ondemand', 'create_replica']),
  outcome: z.enum(['switch', 'replica', 'recommend', 'stay']),
  target: Choice.nullable(),
  standby: Choice.nullable(),
  reason: z.string(),
  heldBackBy: z.array(z.string()),
  confidence: z.number(),
  estimated: z.boolean(),
  expectedSaving: z
    .object({
      grossUsdPerHour: z.number(),
      doubleRunUsd: z.number(),
      transferUsd: z.number(),
      downtimeUsd: z.number(),
      horizonHours: z.number(),
      netUsdPerHour: z.number(),
    })
    .nullable(),
  current: z.object({ mode: Mode, poolId: PoolId, usdPerHour: z.number().nullable() }).nullable(),
  presentStandby: Choice.extend({ ready: z.boolean() }).nullable(),
  candidates: z.array(CandidateView),
  /** The switch that carries it out; null when none was started. */
  execution: z
    .object({
      switchId: Id,
      state: z.enum(['started', 'finished', 'failed']),
      startedAt: Instant,
      endedAt: Instant.nullable(),
    })
    .nullable(),
  autoSwitchEnabled: z.boolean(),
});
export type DecisionView = z.infer<typeof DecisionView>;

export const GetDecision = defineRpc({
  owner: 'decision',
  name: 'get-decision',
  summary: 'One decision with why it was made; with all that the engine saw, when asked for.',
  request: z.object({ clientId: Id.nullable(), decisionId: Id, withInputs: z.boolean() }),
  response: z.object({
    decision: DecisionView,
    inputs: z.object({ observation: z.unknown(), facts: z.unknown(), proposal: z.unknown() }).nullable(),
  }),
});

export const ReplayDecision = defineRpc({
  owner: 'decision',
  name: 'replay-decision',
  summary: 'Lets the same engine decide again on the stored inputs and compares the proposals byte for byte.',
  request: z.object({ clientId: Id.nullable(), decisionId: Id }),
  response: z.object({
    decisionId: Id,
    identical: z.boolean(),
    storedSha256: z.string(),
    replayedSha256: z.string(),
  }),
});

export const Advise = defineRpc({
  owner: 'decision',
  name: 'advise',
  summary: 'What would be decided now about a workload; nothing is stored and nothing is done.',
  request: z.object({ clientId: Id.nullable(), agentId: Id }),
  response: z.object({ decision: DecisionView }),
});
