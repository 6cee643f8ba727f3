import { z } from 'zod';
import { defineRoute } from './define-route.js';
import { OptionalText } from './wire-primitives.js';

const Choice = z.object({ mode: z.string(), pool_id: z.string() });
const Coded = z.object({ code: z.string(), meaning: z.string() });

/** One decision: what, why, what it brings, what else there was and what held it back. */
const DecisionBody = z.object({
  decision_id: z.string(),
  agent_id: z.string(),
  client_id: z.string(),
  decided_at: z.string(),
  summary: z.string(),
  action: z.string(),
  outcome: z.string(),
  reason: z.string(),
  held_back_by: z.array(Coded),
  current: Choice.extend({ usd_per_hour: z.number().nullable() }).nullable(),
  target: Choice.nullable(),
  standby: Choice.nullable(),
  current_standby: Choice.extend({ ready: z.boolean() }).nullable(),
  expected_saving: z
    .object({
      gross_usd_per_hour: z.number(),
      double_run_usd: z.number(),
      transfer_usd: z.number(),
      downtime_usd: z.number(),
      horizon_hours: z.number(),
      net_usd_per_hour: z.number(),
    })
    .nullable(),
  confidence: z.number(),
  estimated: z.boolean(),
  engine: z.object({
    engine_id: z.string(),
    kind: z.string(),
    name: z.string(),
    version: z.string(),
    sha256: z.string().nullable(),
  }),
  attempts: z.array(
    z.object({
      engine_id: z.string(),
      name: z.string(),
      version: z.string(),
      elapsed_ms: z.number(),
      failure: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
  /** Best first; those that did not pass come last. */
  candidates: z.array(
    z.object({
      mode: z.string(),
      pool_id: z.string(),
      usd_per_hour: z.number().nullable(),
      savings_percent: z.number().nullable(),
      risk: z.number(),
      loss_per_hour: z.number().nullable(),
      score_usd_per_hour: z.number().nullable(),
      expected_usd_per_hour: z.number().nullable(),
      expected_downtime_seconds_per_hour: z.number().nullable(),
      rejected_because: z.array(Coded),
    }),
  ),
  candidates_total: z.number().int(),
  /** The switch that carries it out; null when none was started. */
  execution: z
    .object({
      switch_id: z.string(),
      state: z.string(),
      started_at: z.string(),
      ended_at: z.string().nullable(),
    })
    .nullable(),
  inputs: z.unknown().optional(),
});

export const DecisionRoute = defineRoute({
  id: 'getDecision',
  at: 'GET /api/decisions/:decisionId',
  summary:
    'One decision with why it was made. `format=text` gives a page for a terminal, `inputs=true` adds all that the engine saw.',
  access: 'client-or-admin',
  query: z.object({
    format: z.enum(['json', 'text']).default('json'),
    inputs: z.enum(['true', 'false']).default('false'),
  }),
  response: DecisionBody,
  produces: ['application/json', 'text/plain'],
});

export const ReplayDecisionRoute = defineRoute({
  id: 'replayDecision',
  at: 'POST /api/decisions/:decisionId/replay',
  summary: 'Lets the same engine decide again on the stored inputs and compares the proposals byte for byte.',
  access: 'client-or-admin',
  response: z.object({
    decision_id: z.string(),
    identical: z.boolean(),
    stored_sha256: z.string(),
    replayed_sha256: z.string(),
  }),
});

export const DecideRoute = defineRoute({
  id: 'decide',
  at: 'POST /api/agents/:agentId/decide',
  summary:
    'What would be decided now. What the body says of the machine is not needed: the control plane knows it; nothing is done.',
  access: 'client-or-admin',
  body: z.looseObject({ instance: z.looseObject({ instance_id: OptionalText }).nullish() }).nullish(),
  response: z.object({
    agent_id: z.string(),
    instance_id: z.string().nullable(),
    risk_score: z.number().nullable(),
    recommended_action: z.enum(['stay', 'switch_spot', 'switch_ondemand']),
    recommended_mode: z.string().nullable(),
    recommended_pool_id: z.string().nullable(),
    expected_savings_per_hour: z.number(),
    allowed: z.boolean(),
    reason: z.string(),
    confidence: z.number(),
    engine: z.string().nullable(),
  }),
});

const PoolName = z.object({ id: z.string(), name: z.string(), az: z.string() });

export const SwitchRecommendationRoute = defineRoute({
  id: 'switchRecommendation',
  at: 'GET /api/agents/:agentId/switch-recommendation',
  summary:
    'What the engine recommends now; answers also with automatic switching off, and while no engine answers.',
  access: 'client-or-admin',
  response: z.object({
    agent_id: z.string(),
    decision_type: z.enum(['stay_spot', 'stay_ondemand', 'switch_to_spot', 'switch_to_ondemand']),
    recommended_pool_id: z.string().nullable(),
    risk_score: z.number().nullable(),
    expected_savings: z.number(),
    confidence: z.number(),
    reason: z.string(),
    auto_switch_enabled: z.boolean(),
    will_auto_execute: z.boolean(),
    held_back_by: z.array(z.string()),
    current_pool: PoolName.nullable(),
    alternative_pools: z.array(PoolName.extend({ spot_price: z.number().nullable() })),
  }),
});
