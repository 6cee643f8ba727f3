import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Instant, PoolId, UsdPerHour } from '../primitives.js';

/** Where a price came from; a number without a source cannot be accounted for. */
export const PriceSource = z.enum(['spot-price-history', 'primary-report', 'replica-report']);
export type PriceSource = z.infer<typeof PriceSource>;

/** Where the price of a bucket came from, in order of precedence. */
export const SeriesSource = z.enum([
  'primary-report',
  'replica-report',
  'spot-price-history',
  'interpolated',
]);
export type SeriesSource = z.infer<typeof SeriesSource>;

/** How a price that nobody measured was computed. */
export const FillMethod = z.enum(['linear', 'weighted-average', 'cross-pool']);
export type FillMethod = z.infer<typeof FillMethod>;

/** `gaps` looks for gaps of the last day, `reconcile` computes everything that is kept once more. */
export const ConsolidationJobType = z.enum(['gaps', 'reconcile']);

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

export const BucketConsolidatedV1 = defineEvent({
  name: 'pricing.bucket-consolidated',
  version: 1,
  owner: 'pricing',
  summary: 'Prices of five minutes are consolidated: charts may read them.',
  subject: 'region',
  data: z.object({
    region: z.string(),
    /** Start of the bucket. */
    bucketAt: Instant,
    pools: z.number().int().nonnegative(),
    /** Pools whose sources differed by 0.5 % or more. */
    flagged: z.number().int().nonnegative(),
  }),
});

export const ConsolidationFinishedV1 = defineEvent({
  name: 'pricing.consolidation-finished',
  version: 1,
  owner: 'pricing',
  summary: 'A consolidation job ended.',
  subject: 'the job',
  data: z.object({
    jobId: Id,
    type: ConsolidationJobType,
    status: z.enum(['completed', 'failed']),
    rowsRead: z.number().int().nonnegative(),
    duplicatesRemoved: z.number().int().nonnegative(),
    gapsFilled: z.number().int().nonnegative(),
    backfillsAdded: z.number().int().nonnegative(),
    rowsChanged: z.number().int().nonnegative(),
    durationMs: z.number().nonnegative(),
    error: z.string().nullable(),
  }),
});

export const SourcesDisagreeV1 = defineEvent({
  name: 'pricing.sources-disagree',
  version: 1,
  owner: 'pricing',
  summary: 'Two reporters differ by 10 % or more about a pool in the same five minutes.',
  subject: 'pool',
  data: z.object({
    poolId: PoolId,
    bucketAt: Instant,
    usedUsdPerHour: UsdPerHour,
    usedSource: PriceSource,
    otherUsdPerHour: UsdPerHour,
    otherSource: PriceSource,
    differencePercent: z.number().nonnegative(),
  }),
});

export const PriceAlertFiredV1 = defineEvent({
  name: 'pricing.alert-fired',
  version: 1,
  owner: 'pricing',
  summary: 'A price fell to the threshold that a tenant had set, or below.',
  subject: 'pool',
  data: z.object({
    alertId: Id,
    clientId: Id,
    poolId: PoolId,
    thresholdUsdPerHour: UsdPerHour,
    spotUsdPerHour: UsdPerHour,
    observedAt: Instant,
  }),
});
