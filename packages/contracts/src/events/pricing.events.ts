import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Instant, PoolId, UsdPerHour } from '../primitives.js';

/** Where a price came from; a number without a source cannot be accounted for. */
export const PriceSource = z.enum(['spot-price-history', 'primary-report', 'replica-report']);
export type PriceSource = z.infer<typeof PriceSource>;

/** `estimated` figures are shown with that mark and never accounted as if they were measured. */
export const OnDemandSource = z.enum(['catalogue', 'price-list', 'estimated']);
export type OnDemandSource = z.infer<typeof OnDemandSource>;

export const SpotPriceChangedV1 = defineEvent({
  name: 'pricing.spot-price-changed',
  version: 1,
  owner: 'pricing',
  summary: 'The price in force of a spot pool changed.',
  subject: 'pool',
  data: z.object({
    poolId: PoolId,
    region: z.string(),
    az: z.string(),
    instanceType: z.string(),
    spotUsdPerHour: UsdPerHour,
    previousUsdPerHour: UsdPerHour.nullable(),
    onDemandUsdPerHour: UsdPerHour.nullable(),
    onDemandSource: OnDemandSource.nullable().default(null),
    source: PriceSource,
    /** When AWS changed the price, not when it was read. */
    observedAt: Instant,
  }),
});

export const PricesReadV1 = defineEvent({
  name: 'pricing.prices-read',
  version: 1,
  owner: 'pricing',
  summary: 'Prices of a region were read: a pool without a change since then still has the price it had.',
  subject: 'region',
  data: z.object({
    region: z.string(),
    instanceTypes: z.array(z.string()).min(1),
    /** Up to when the read covers every change. */
    readUntil: Instant,
  }),
});
