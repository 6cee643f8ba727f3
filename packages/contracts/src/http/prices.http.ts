import { z } from 'zod';
import { FillMethod, OnDemandSource, SeriesSource } from '../events/pricing.events.js';
import { defineRoute } from './define-route.js';
import { OptionalText, queryInteger } from './wire-primitives.js';

const Price = z.number().nullable();
const Percent = z.number().nullable();
const Interval = z.enum(['hour', 'day']);
const Trend = z.enum(['rising', 'falling', 'stable', 'unknown']);
const VolatilityCategory = z.enum(['very_low', 'low', 'medium', 'high', 'unknown']);

/** How a price of a chart came about, so that measured, computed and missing stretches can look different. */
export const PriceState = z.object({
  state: z.enum(['measured', 'filled', 'empty']),
  source: SeriesSource.nullable(),
  method: FillMethod.nullable(),
  confidence: z.number().nullable(),
});

/** Width of a step of a chart, in seconds. */
export const QueryStepSeconds = z.coerce.number().int().multipleOf(300).min(300).max(86_400).optional();

export const InstancePricingRoute = defineRoute({
  id: 'instancePricing',
  at: 'GET /api/client/instances/:instanceId/pricing',
  summary: 'What an instance costs now and lately, and what the other pools of its type cost.',
  access: 'client-or-admin',
  query: z.object({ hours: queryInteger(1, 2_160, 24) }),
  response: z.looseObject({
    instance_id: z.string(),
    currentMode: z.string(),
    currentPool: z.looseObject({ id: z.string() }).nullable(),
    onDemand: z.object({
      price: Price,
      source: OnDemandSource.nullable(),
      as_of: z.string().nullable(),
      estimated: z.boolean(),
    }),
    pools: z.array(
      z.looseObject({
        id: z.string(),
        name: z.string(),
        az: z.string(),
        price: z.number(),
        savings: Percent,
      }),
    ),
    current_price: Price,
    avg_price_24h: Price,
    min_price_24h: Price,
    max_price_24h: Price,
    price_trend: Trend,
    data_points: z.array(
      z.object({ timestamp: z.string(), spot_price: Price, state: PriceState.shape.state }),
    ),
  }),
});

export const InstancePriceHistoryRoute = defineRoute({
  id: 'instancePriceHistory',
  at: 'GET /api/client/instances/:instanceId/price-history',
  summary: 'Prices of every pool of the instance’s type in its region, on an even grid.',
  access: 'client-or-admin',
  query: z.object({
    days: queryInteger(1, 90, 7),
    hours: z.coerce.number().int().min(1).max(2_160).optional(),
    interval: Interval.optional(),
    step_seconds: QueryStepSeconds,
  }),
  response: z.object({
    instance_id: z.string(),
    instance_type: z.string(),
    region: z.string(),
    from: z.string(),
    to: z.string(),
    step_seconds: z.number().int(),
    on_demand_price: Price,
    on_demand_estimated: z.boolean(),
    /** A row per step: `time`, `onDemand`, and the price of each pool under its `key`, null where there is none. */
    data: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
    pools: z.array(z.object({ id: z.string(), name: z.string(), az: z.string(), key: z.string() })),
    /** By the key of the pool, in the order of `data`. */
    states: z.record(z.string(), z.array(PriceState)),
  }),
});

export const ClientPricingHistoryRoute = defineRoute({
  id: 'clientPricingHistory',
  at: 'GET /api/client/pricing-history',
  summary: 'Prices of the pools that a workload can run in; the tenant’s first one when none is named.',
  access: 'client-or-admin',
  query: z.object({
    days: queryInteger(1, 30, 7),
    agent_id: z.string().min(1).optional(),
    interval: Interval.default('hour'),
  }),
  response: z.object({
    agent_id: z.string(),
    instance_type: z.string(),
    region: z.string(),
    days: z.number().int(),
    data_points: z.number().int(),
    history: z.array(
      z.object({
        timestamp: z.string(),
        ondemand_price: Price,
        spot_pools: z.array(
          z.object({
            pool_id: z.string(),
            az: z.string(),
            price: Price,
            state: PriceState.shape.state,
          }),
        ),
      }),
    ),
  }),
});

export const InstanceMetricsRoute = defineRoute({
  id: 'instanceMetrics',
  at: 'GET /api/client/instances/:instanceId/metrics',
  summary: 'Figures of an instance and of the workload on it; nobody measures its CPU, memory or network.',
  access: 'client-or-admin',
  response: z.looseObject({
    instance_id: z.string(),
    uptimeHours: z.number(),
    totalSwitches: z.number().int(),
    switchesLast7Days: z.number().int(),
    totalSavings: z.number(),
    savingsLast30Days: z.number(),
    spotPrice: z.number(),
    /** False when nobody knows the price: its zero is none. */
    spot_price_known: z.boolean(),
    onDemandPrice: z.number(),
    on_demand_price_known: z.boolean(),
    /** False while the ledger does not know the machine: its zeros are no measurement. */
    costs_known: z.boolean(),
    estimated: z.boolean(),
    interruptions: z.number().int(),
    switches: z.number().int(),
  }),
});

const Option = z.looseObject({
  pool_id: z.string(),
  instance_type: z.string(),
  az: z.string(),
  current_spot_price: Price,
  savings_percent: Percent,
  risk_score: z.number().nullable(),
  recommended: z.boolean(),
});

export const AvailableOptionsRoute = defineRoute({
  id: 'availableOptions',
  at: 'GET /api/client/instances/:instanceId/available-options',
  summary: 'Where an instance could move; `recommended` looks at the price only.',
  access: 'client-or-admin',
  response: z.looseObject({
    pools: z.array(z.looseObject({ id: z.string() })),
    instanceTypes: z.array(z.string()),
    currentType: z.string(),
    currentRegion: z.string(),
    currentAz: z.string().nullable(),
    availablePools: z.array(z.looseObject({ id: z.string() })),
    availableTypes: z.array(z.string()),
    options: z.array(Option),
  }),
});

const Recommendation = z.enum(['strongly_recommended', 'recommended', 'neutral', 'not_recommended']);

const PoolVolatility = z.looseObject({
  pool_id: z.string(),
  current_price: Price,
  volatility_score: z.number().nullable(),
  volatility_category: VolatilityCategory,
  interruption_rate_24h: z.number().nullable(),
  price_stability_7d: z.number().nullable(),
});

export const PoolVolatilityRoute = defineRoute({
  id: 'poolVolatility',
  at: 'GET /api/client/instances/:instanceId/pool-volatility',
  summary: 'How steady the pool of an instance and its alternatives were in the last seven days.',
  access: 'client-or-admin',
  response: z.object({
    instance_id: z.string(),
    current_pool: PoolVolatility.nullable(),
    alternative_pools: z.array(PoolVolatility.extend({ recommendation: Recommendation })),
  }),
});

export const SimulateSwitchRoute = defineRoute({
  id: 'simulateSwitch',
  at: 'POST /api/client/instances/:instanceId/simulate-switch',
  summary: 'What a switch would save and cost; changes nothing.',
  access: 'client-or-admin',
  body: z.object({ target_pool: OptionalText, target_type: z.enum(['spot', 'ondemand']).default('spot') }),
  response: z.object({
    simulation: z.looseObject({
      current_price: Price,
      target_price: Price,
      hourly_savings: z.number().nullable(),
      daily_savings: z.number().nullable(),
      monthly_savings: z.number().nullable(),
      savings_percent: Percent,
      estimated_downtime_seconds: z.number().nullable(),
      confidence: z.number().nullable(),
      volatility_risk: VolatilityCategory,
      interruption_probability_24h: z.number().nullable(),
      recommendation: Recommendation,
    }),
  }),
});
