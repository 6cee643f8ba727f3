import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Instant, PoolId, UsdPerHour } from '../primitives.js';

/** Where a price came from; a number without a source cannot be accounted for. */
export const PriceSource = z.enum(['spot-price-history', 'primary-report', 'replica-report']);
export type PriceSource = z.infer<typeof PriceSource>;

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
    source: PriceSource,
    /** When AWS changed the price, not when it was read. */
    observedAt: Instant,
  }),
});
