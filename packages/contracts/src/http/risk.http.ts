import { z } from 'zod';
import { RiskLabel } from '../events/pool.events.js';
import { defineRoute } from './define-route.js';
import { queryInteger } from './wire-primitives.js';

const Score = {
  /** 0 to 1. */
  risk_score: z.number(),
  /** The same in percent. */
  risk_percent: z.number(),
  label: RiskLabel,
  /** Each between 0 and 1, before its weight. */
  components: z.object({
    interruptions: z.number(),
    volatility: z.number(),
    age: z.number(),
    trend: z.number(),
  }),
  confidence: z.number(),
  /** Chance per hour to lose a machine there; null where nothing estimates it. */
  loss_per_hour: z.number().nullable(),
  cause: z.string(),
  scored_at: z.string(),
};

const PoolRiskItem = z.object({
  pool_id: z.string(),
  instance_type: z.string(),
  region: z.string(),
  az: z.string(),
  ...Score,
  watched_since: z.string(),
});

/** As long as scores are kept. */
const MAX_HISTORY_HOURS = 90 * 24;

export const PoolRiskRoute = defineRoute({
  id: 'poolRisk',
  at: 'GET /api/pools/:poolId/risk',
  summary: 'How risky a pool is, by which parts, and how that changed over the last hours.',
  access: 'client-or-admin',
  query: z.object({ history_hours: queryInteger(0, MAX_HISTORY_HOURS, 0) }),
  response: PoolRiskItem.extend({ history: z.array(z.object(Score)) }),
});

export const PoolRisksRoute = defineRoute({
  id: 'listPoolRisks',
  at: 'GET /api/admin/pools/risk',
  summary: 'The risk of every pool, the riskiest first.',
  access: 'admin',
  query: z.object({
    region: z.string().optional(),
    instance_type: z.string().optional(),
    label: RiskLabel.optional(),
  }),
  response: z.object({
    pools: z.array(PoolRiskItem),
    /** How many pools of the list have each label. */
    labels: z.object({ safe: z.number().int(), caution: z.number().int(), avoid: z.number().int() }),
    total: z.number().int(),
  }),
});
