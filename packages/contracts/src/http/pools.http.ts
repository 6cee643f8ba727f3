import { z } from 'zod';
import { defineRoute } from './define-route.js';
import { PriceState, QueryStepSeconds } from './prices.http.js';
import { WireInstant, queryInteger } from './wire-primitives.js';

const Price = z.number().nullable();
const Rate = z.object({
  count: z.number(),
  instance_hours: z.number(),
  per_instance_day: z.number().nullable(),
});
const Window = { from: WireInstant.optional(), to: WireInstant.optional() };

export const PoolsRoute = defineRoute({
  id: 'listPools',
  at: 'GET /api/pools',
  summary: 'What is known of each pool, cheapest first; pools without a price on request, after the others.',
  access: 'client-or-admin',
  query: z.object({
    region: z.string().optional(),
    instance_type: z.string().optional(),
    include_unpriced: z.stringbool().optional(),
  }),
  response: z.object({
    pools: z.array(
      z.looseObject({
        id: z.string(),
        pool_id: z.string(),
        name: z.string(),
        instance_type: z.string(),
        az: z.string(),
        region: z.string(),
        spot_price: Price,
        on_demand_price: Price,
        on_demand_source: z.string().nullable(),
        on_demand_as_of: z.string().nullable(),
        savings_percent: z.number().nullable(),
        /** 0 to 1; null when it is not known. */
        risk_score: z.number().nullable(),
        risk_label: z.string().nullable(),
        source: z.string().nullable(),
        observed_at: z.string().nullable(),
        confirmed_at: z.string().nullable(),
        offered: z.boolean().nullable(),
        advisor: z.looseObject({ bucket: z.number(), label: z.string() }).nullable(),
        placement_score: z.looseObject({ score: z.number() }).nullable(),
        interruptions: z.object({ h24: Rate, d7: Rate, d30: Rate }),
        boot: z.looseObject({ average_seconds: z.number(), samples: z.number() }).nullable(),
      }),
    ),
    total: z.number().int(),
  }),
});

export const ComparePoolsRoute = defineRoute({
  id: 'comparePools',
  at: 'GET /api/pools/compare',
  summary: 'One instance type across regions, the region with the cheapest pool first.',
  access: 'client-or-admin',
  query: z.object({ instance_type: z.string().min(1) }),
  response: z.object({
    instance_type: z.string(),
    regions: z.array(
      z.object({
        region: z.string(),
        pools: z.number().int(),
        cheapest_pool_id: z.string(),
        cheapest_az: z.string(),
        cheapest_price: z.number(),
        median_price: z.number(),
        on_demand_price: Price,
        on_demand_source: z.string().nullable(),
        estimated: z.boolean(),
        savings_percent: z.number().nullable(),
      }),
    ),
    total: z.number().int(),
  }),
});

export const PriceHistoryRoute = defineRoute({
  id: 'listPoolPrices',
  at: 'GET /api/pools/:poolId/prices',
  summary: 'Stored price changes of a pool, oldest first.',
  access: 'client-or-admin',
  query: z.object({
    ...Window,
    limit: queryInteger(1, 5000, 1000),
    offset: queryInteger(0, 10_000_000, 0),
  }),
  response: z.object({
    prices: z.array(z.object({ observed_at: z.string(), spot_price: z.number(), source: z.string() })),
    total: z.number().int(),
  }),
});

export const PoolHistoryRoute = defineRoute({
  id: 'poolHistory',
  at: 'GET /api/pools/:poolId/history',
  summary: 'Consolidated prices of a pool on an even grid; the last day when no window is given.',
  access: 'client-or-admin',
  query: z.object({ ...Window, step_seconds: QueryStepSeconds }),
  response: z.object({
    pool_id: z.string(),
    from: z.string(),
    to: z.string(),
    step_seconds: z.number().int(),
    points: z.array(
      z.object({
        time: z.string(),
        spot_price: Price,
        min_price: Price,
        max_price: Price,
        ...PriceState.shape,
      }),
    ),
    total: z.number().int(),
  }),
});

export const PoolChartRoute = defineRoute({
  id: 'poolChart',
  at: 'GET /api/pools/:poolId/chart.svg',
  summary: 'The same as a picture: what is measured, what is computed and where there is no price.',
  access: 'client-or-admin',
  query: z.object({ ...Window, step_seconds: QueryStepSeconds }),
  response: z.string(),
  produces: ['image/svg+xml'],
});

export const PoolStatisticsRoute = defineRoute({
  id: 'poolStatistics',
  at: 'GET /api/pools/:poolId/statistics',
  summary: 'Figures of a pool over a window, the last day when none is given; means are over time.',
  access: 'client-or-admin',
  query: z.object(Window),
  response: z.looseObject({
    pool_id: z.string(),
    from: z.string(),
    to: z.string(),
    average_price: Price,
    min_price: Price,
    max_price: Price,
    volatility: z.number().nullable(),
    volatility_category: z.string(),
    trend: z.string(),
    measured_buckets: z.number().int(),
    filled_buckets: z.number().int(),
    empty_buckets: z.number().int(),
    flagged_buckets: z.number().int(),
  }),
});
