import { z } from 'zod';
import { defineRoute } from './define-route.js';
import { WireInstant } from './wire-primitives.js';

const Choice = z.object({ mode: z.string(), pool_id: z.string() });
const Engine = z.object({
  engine_id: z.string(),
  kind: z.string(),
  name: z.string(),
  version: z.string(),
  sha256: z.string().nullable(),
});
const Comparison = {
  from: WireInstant.optional(),
  to: WireInstant.optional(),
  client_id: z.string().min(1).max(64).optional(),
  agent_id: z.string().min(1).max(64).optional(),
};

export const EngineComparisonRoute = defineRoute({
  id: 'compareEngines',
  at: 'GET /api/admin/engines/comparison',
  summary:
    'Champion and challengers: what each engine expected and what following it would have cost, the last 7 days when no window is given.',
  access: 'admin',
  query: z.object(Comparison),
  response: z.object({
    from: z.string(),
    to: z.string(),
    champion: Engine.nullable(),
    engines: z.array(
      z.object({
        engine: Engine,
        champion: z.boolean(),
        decisions: z.number().int(),
        decided: z.number().int(),
        compared: z.number().int(),
        unknown: z.number().int(),
        pending: z.number().int(),
        estimated: z.number().int(),
        failures: z.number().int(),
        timeouts: z.number().int(),
        agreement_percent: z.number().nullable(),
        expected_usd_per_hour: z.number().nullable(),
        realised_usd_per_hour: z.number().nullable(),
        regret_usd_per_hour: z.number().nullable(),
        losses: z.number().int(),
        downtime_seconds: z.number(),
        compared_hours: z.number(),
        elapsed_ms: z.object({ p50: z.number(), p99: z.number() }).nullable(),
        verdict: z
          .object({
            conclusion: z.string(),
            better_percent: z.number().nullable(),
            low_percent: z.number().nullable(),
            high_percent: z.number().nullable(),
            pairs: z.number().int(),
            market_days: z.number().int(),
            text: z.string(),
          })
          .nullable(),
      }),
    ),
    decisions: z.number().int(),
    truncated: z.boolean(),
  }),
});

export const EngineComparisonChartRoute = defineRoute({
  id: 'engineComparisonChart',
  at: 'GET /api/admin/engines/comparison.svg',
  summary: 'The same as a picture: what each engine expected beside what it would have cost.',
  access: 'admin',
  query: z.object(Comparison),
  response: z.string(),
  produces: ['image/svg+xml'],
});

export const DecisionAdviceRoute = defineRoute({
  id: 'listDecisionAdvice',
  at: 'GET /api/decisions/:decisionId/advice',
  summary: 'What every engine said at a decision, the one in charge first, and what came of it.',
  access: 'client-or-admin',
  response: z.object({
    decision_id: z.string(),
    advice: z.array(
      z.object({
        engine: Engine,
        role: z.string(),
        elapsed_ms: z.number(),
        decided_at: z.string(),
        current: Choice.nullable(),
        action: z.string().nullable(),
        target: Choice.nullable(),
        standby: Choice.nullable(),
        expected_usd_per_hour: z.number().nullable(),
        expected_saving_usd_per_hour: z.number().nullable(),
        failure: z.object({ code: z.string(), message: z.string() }).nullable(),
        horizon_ends_at: z.string(),
        evaluated_at: z.string().nullable(),
        /** `open` until the horizon is over. */
        status: z.enum(['failed', 'open', 'unknown', 'known']),
        unknown_because: z.object({ reason: z.string(), pool_id: z.string().nullable() }).nullable(),
        cost: z
          .object({
            machine_usd: z.number(),
            standby_usd: z.number(),
            double_run_usd: z.number(),
            transfer_usd: z.number(),
            downtime_usd: z.number(),
            downtime_seconds: z.number(),
            losses: z.number().int(),
            lost_at: z.string().nullable(),
            total_usd: z.number(),
            usd_per_hour: z.number(),
            estimated: z.boolean(),
          })
          .nullable(),
        hindsight: z
          .object({ target: Choice.nullable(), standby: Choice.nullable(), usd_per_hour: z.number() })
          .nullable(),
        regret_usd_per_hour: z.number().nullable(),
        happened: z
          .object({ machine_usd_per_hour: z.number(), changes_of_primary: z.number().int() })
          .nullable(),
      }),
    ),
    total: z.number().int(),
  }),
});
