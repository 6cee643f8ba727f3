import { z } from 'zod';
import { defineRpc } from '../define.js';
import { OnDemandSource, PriceSource } from '../events/pricing.events.js';
import { Instant, PoolId, UsdPerHour } from '../primitives.js';

export const PricingSummary = defineRpc({
  owner: 'pricing',
  name: 'pricing-summary',
  summary: 'How much is known about prices.',
  request: z.object({}),
  response: z.object({
    poolsCovered: z.number().int(),
    rawPrices: z.number().int(),
    latestObservedAt: Instant.nullable(),
  }),
});

export const CurrentPrices = defineRpc({
  owner: 'pricing',
  name: 'current-prices',
  summary: 'The price in force of each pool, cheapest first.',
  request: z.object({ region: z.string().nullable(), instanceType: z.string().nullable() }),
  response: z.object({
    pools: z.array(
      z.object({
        poolId: PoolId,
        spotUsdPerHour: UsdPerHour,
        onDemandUsdPerHour: UsdPerHour.nullable(),
        onDemandSource: OnDemandSource.nullable().default(null),
        source: PriceSource,
        observedAt: Instant,
      }),
    ),
  }),
});

export const RawPrices = defineRpc({
  owner: 'pricing',
  name: 'raw-prices',
  summary: 'Stored price changes of a pool, oldest first, in pages.',
  request: z.object({
    poolId: PoolId,
    from: Instant.nullable(),
    to: Instant.nullable(),
    source: PriceSource.nullable(),
    limit: z.number().int().min(1).max(5000).default(1000),
    offset: z.number().int().nonnegative().default(0),
  }),
  response: z.object({
    prices: z.array(z.object({ observedAt: Instant, spotUsdPerHour: UsdPerHour, source: PriceSource })),
    total: z.number().int(),
  }),
});
