import { z } from 'zod';
import { defineRpc } from '../define.js';
import { Id, Instant, Mode, PoolId } from '../primitives.js';

const Choice = z.object({ mode: z.enum(['spot', 'ondemand']), poolId: PoolId });
const Engine = z.object({
  engineId: z.string(),
  kind: z.string(),
  name: z.string(),
  version: z.string(),
  sha256: z.string().nullable(),
});

/** What following an advice would have cost until the end of the horizon. */
const FollowedCost = z.object({
  machineUsd: z.number(),
  standbyUsd: z.number(),
  doubleRunUsd: z.number(),
  transferUsd: z.number(),
  downtimeUsd: z.number(),
  downtimeSeconds: z.number(),
  losses: z.number().int(),
  lostAt: Instant.nullable(),
  totalUsd: z.number(),
  usdPerHour: z.number(),
  /** The on-demand price in it was an estimate. */
  estimated: z.boolean(),
});

const AdviceOutcome = z.union([
  z.object({ unknown: z.string(), poolId: z.string().nullable() }),
  z.object({
    cost: FollowedCost,
    hindsight: z
      .object({ target: Choice.nullable(), standby: Choice.nullable(), usdPerHour: z.number() })
      .nullable(),
    regretUsdPerHour: z.number().nullable(),
    /** Machines only; null where the workload was out of sight. */
    happened: z.object({ machineUsdPerHour: z.number(), changesOfPrimary: z.number().int() }).nullable(),
  }),
]);

/** What one engine said at one decision, and what it would have brought. */
export const AdviceView = z.object({
  decisionId: Id,
  agentId: Id,
  clientId: Id,
  decidedAt: Instant,
  engine: Engine,
  role: z.enum(['decided', 'shadow', 'passed-over']),
  elapsedMs: z.number(),
  current: z.object({ mode: Mode, poolId: PoolId }).nullable(),
  /** Null when the engine failed. */
  advised: z
    .object({
      action: z.enum(['stay', 'switch_to_spot', 'switch_to_ondemand', 'create_replica']),
      target: Choice.nullable(),
      standby: Choice.nullable(),
      expectedUsdPerHour: z.number().nullable(),
      expectedSavingUsdPerHour: z.number(),
    })
    .nullable(),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  horizonEndsAt: Instant,
  /** Null while it is not compared yet, and for an engine that failed. */
  evaluatedAt: Instant.nullable(),
  outcome: AdviceOutcome.nullable(),
});
export type AdviceView = z.infer<typeof AdviceView>;

export const ListAdvice = defineRpc({
  owner: 'decision',
  name: 'list-advice',
  summary: 'What every engine said at a decision or about a workload, newest first, and what came of it.',
  request: z.object({
    clientId: Id.nullable(),
    agentId: Id.nullable(),
    decisionId: Id.nullable(),
    limit: z.number().int().min(1).max(500).default(100),
  }),
  response: z.object({ advice: z.array(AdviceView) }),
});

/** How sure one may be that an engine is cheaper than the champion. */
export const EngineVerdict = z.object({
  conclusion: z.enum(['better', 'worse', 'no-difference', 'too-little']),
  /** By how much it is cheaper; negative when it is dearer. Null without a pair. */
  betterPercent: z.number().nullable(),
  /** 95 % confidence; null while there is too little to tell. */
  lowPercent: z.number().nullable(),
  highPercent: z.number().nullable(),
  /** Decisions at which the outcome of both is known. */
  pairs: z.number().int(),
  /** Days of one market, which count as one observation each. */
  marketDays: z.number().int(),
  /** One line for a person. */
  text: z.string(),
});
export type EngineVerdict = z.infer<typeof EngineVerdict>;

export const EngineComparison = z.object({
  engine: Engine,
  champion: z.boolean(),
  /** Decisions at which it was asked, and at how many of them it was in charge. */
  decisions: z.number().int(),
  decided: z.number().int(),
  /** Decisions of which is known what its advice would have brought. */
  compared: z.number().int(),
  unknown: z.number().int(),
  pending: z.number().int(),
  /** Of the compared ones, those in which an estimated price plays a part. */
  estimated: z.number().int(),
  failures: z.number().int(),
  timeouts: z.number().int(),
  /** Share of the decisions at which it said the same as the engine that decided. */
  agreement: z.number().nullable(),
  expectedUsdPerHour: z.number().nullable(),
  realisedUsdPerHour: z.number().nullable(),
  regretUsdPerHour: z.number().nullable(),
  losses: z.number().int(),
  downtimeSeconds: z.number(),
  /** Hours that the compared advice was followed; horizons overlap. */
  comparedHours: z.number(),
  elapsedMs: z.object({ p50: z.number(), p99: z.number() }).nullable(),
  /** Null for the champion itself. */
  verdict: EngineVerdict.nullable(),
});
export type EngineComparison = z.infer<typeof EngineComparison>;

export const CompareEngines = defineRpc({
  owner: 'decision',
  name: 'compare-engines',
  summary: 'Champion and challengers: what engines expected, and what following them would have cost.',
  request: z.object({
    clientId: Id.nullable(),
    agentId: Id.nullable(),
    from: Instant,
    to: Instant,
  }),
  response: z.object({
    /** The engine of the newest decision; null without one. */
    champion: Engine.nullable(),
    /** The champion first, then by what following them would have cost. */
    engines: z.array(EngineComparison),
    /** Decisions that were looked at, newest first; older ones are left out when `truncated`. */
    decisions: z.number().int(),
    truncated: z.boolean(),
  }),
});
