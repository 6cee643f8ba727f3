import { z } from 'zod';
import { defineRpc } from '../define.js';
import {
  ConsolidationJobType,
  FillMethod,
  OnDemandSource,
  PriceSource,
  SeriesSource,
} from '../events/pricing.events.js';
import { Id, Instant, PoolId, UsdPerHour } from '../primitives.js';

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

const Window = { from: Instant, to: Instant };

/** One step of a chart. Prices are of the time within the step that has one; null where none has. */
export const PricePoint = z.object({
  /** Start of the step. */
  at: Instant,
  /** Mean over time, so that hours × price = cost. */
  usdPerHour: UsdPerHour.nullable(),
  minUsdPerHour: UsdPerHour.nullable(),
  maxUsdPerHour: UsdPerHour.nullable(),
  /** `filled` when any part of the step was computed, `empty` when no part has a price. */
  state: z.enum(['measured', 'filled', 'empty']),
  source: SeriesSource.nullable(),
  method: FillMethod.nullable(),
  /** The lowest of the step. */
  confidence: z.number().min(0).max(1).nullable(),
});
export type PricePoint = z.infer<typeof PricePoint>;

export const PriceHistory = defineRpc({
  owner: 'pricing',
  name: 'price-history',
  summary: 'Consolidated prices of some pools on an even grid; every step of the window has a point.',
  request: z.object({
    poolIds: z.array(PoolId).min(1).max(50),
    ...Window,
    /** Multiple of 300, the width of a bucket. */
    stepSeconds: z.number().int().multipleOf(300).min(300).max(86_400),
  }),
  response: z.object({
    stepSeconds: z.number().int(),
    pools: z.array(z.object({ poolId: PoolId, points: z.array(PricePoint) })),
  }),
});

export const PriceStatistics = defineRpc({
  owner: 'pricing',
  name: 'price-statistics',
  summary: 'Figures of some pools over a window; means are over time.',
  request: z.object({ poolIds: z.array(PoolId).min(1).max(200), ...Window }),
  response: z.object({
    pools: z.array(
      z.object({
        poolId: PoolId,
        averageUsdPerHour: UsdPerHour.nullable(),
        minUsdPerHour: UsdPerHour.nullable(),
        maxUsdPerHour: UsdPerHour.nullable(),
        /** Standard deviation over mean; null with fewer than two buckets. */
        volatility: z.number().nonnegative().nullable(),
        volatilityCategory: z.enum(['very_low', 'low', 'medium', 'high', 'unknown']),
        trend: z.enum(['rising', 'falling', 'stable', 'unknown']),
        /** Buckets of five minutes. */
        measuredBuckets: z.number().int(),
        filledBuckets: z.number().int(),
        emptyBuckets: z.number().int(),
        /** Of measured buckets: those whose sources differ by 0.5 % or more. */
        flaggedBuckets: z.number().int(),
      }),
    ),
  }),
});

export const PriceChanges = defineRpc({
  owner: 'pricing',
  name: 'price-changes',
  summary:
    'Changes of consolidated prices, pool by pool, oldest first, for exports. Each pool starts with the price at `from`.',
  request: z.object({
    region: z.string().nullable(),
    instanceType: z.string().nullable(),
    poolId: PoolId.nullable(),
    ...Window,
    /** From the page before; null starts. */
    cursor: z.string().nullable(),
    limit: z.number().int().min(1).max(5000).default(5000),
  }),
  response: z.object({
    changes: z.array(
      z.object({
        poolId: PoolId,
        at: Instant,
        usdPerHour: UsdPerHour,
        source: SeriesSource,
        confidence: z.number(),
      }),
    ),
    /** Null at the end. */
    nextCursor: z.string().nullable(),
  }),
});

const InterruptionRate = z.object({
  count: z.number().int().nonnegative(),
  /** Hours that instances of ours ran there in the window. */
  instanceHours: z.number().nonnegative(),
  /** Null when none ran there. */
  perInstanceDay: z.number().nonnegative().nullable(),
});

export const PoolFacts = z.object({
  poolId: PoolId,
  name: z.string(),
  region: z.string(),
  az: z.string(),
  instanceType: z.string(),
  spotUsdPerHour: UsdPerHour.nullable(),
  source: PriceSource.nullable(),
  observedAt: Instant.nullable(),
  /** Last time at which anything confirmed the price: for AWS's history the read, for a report the report. */
  confirmedAt: Instant.nullable(),
  onDemandUsdPerHour: UsdPerHour.nullable(),
  onDemandSource: OnDemandSource.nullable(),
  /** Date of the list for a catalogue price, time of the read for a price list. */
  onDemandAsOf: z.string().nullable(),
  /** Whether the type is sold in the zone; null when it was not asked. */
  offered: z.boolean().nullable(),
  /** Spot Advisor: index 0 (<5 %) to 4 (>20 %) of interruptions a month, for the whole region. */
  advisor: z
    .object({
      bucket: z.number().int().min(0).max(4),
      label: z.string(),
      savingsPercent: z.number(),
      readAt: Instant,
    })
    .nullable(),
  placementScore: z.object({ score: z.number().int().min(1).max(10), readAt: Instant }).nullable(),
  interruptions: z.object({ h24: InterruptionRate, d7: InterruptionRate, d30: InterruptionRate }),
  boot: z.object({ averageMs: z.number().nonnegative(), samples: z.number().int() }).nullable(),
});
export type PoolFacts = z.infer<typeof PoolFacts>;

export const PoolCatalogue = defineRpc({
  owner: 'pricing',
  name: 'pool-catalogue',
  summary: 'Everything that is known of pools, by region, type and zone.',
  request: z.object({
    region: z.string().nullable(),
    instanceType: z.string().nullable(),
    poolIds: z.array(PoolId).max(500).nullable(),
  }),
  response: z.object({ pools: z.array(PoolFacts) }),
});

export const ConsolidationJobView = z.object({
  jobId: Id,
  type: ConsolidationJobType,
  status: z.enum(['running', 'completed', 'failed']),
  startedAt: Instant,
  completedAt: Instant.nullable(),
  durationMs: z.number().nonnegative(),
  /** 0 to 1. */
  progress: z.number().min(0).max(1),
  rowsRead: z.number().int(),
  duplicatesRemoved: z.number().int(),
  gapsFilled: z.number().int(),
  backfillsAdded: z.number().int(),
  rowsChanged: z.number().int(),
  error: z.string().nullable(),
});
export type ConsolidationJobView = z.infer<typeof ConsolidationJobView>;

export const ConsolidationJobs = defineRpc({
  owner: 'pricing',
  name: 'consolidation-jobs',
  summary: 'Jobs of the last days, newest first.',
  request: z.object({
    days: z.number().int().min(1).max(90).default(7),
    limit: z.number().int().min(1).max(500).default(100),
  }),
  response: z.object({ jobs: z.array(ConsolidationJobView) }),
});

export const StartReconcile = defineRpc({
  owner: 'pricing',
  name: 'start-reconcile',
  summary: 'Runs the full reconcile now; the one under way when there is one.',
  request: z.object({}),
  response: z.object({ jobId: Id }),
});

export const CanonicalRow = z.object({
  poolId: PoolId,
  at: Instant,
  usdPerHour: UsdPerHour,
  onDemandUsdPerHour: UsdPerHour.nullable(),
  source: SeriesSource,
  method: FillMethod.nullable(),
  confidence: z.number(),
  /** Standard deviation over mean of the day before; null when it is not known. */
  volatility: z.number().nullable(),
  runningInstances: z.number().int(),
  noticeStatus: z.enum(['none', 'rebalance', 'termination']),
  terminationReason: z.string().nullable(),
  interruptionOccurred: z.boolean(),
});
export type CanonicalRow = z.infer<typeof CanonicalRow>;

export const CanonicalPrices = defineRpc({
  owner: 'pricing',
  name: 'canonical-prices',
  summary: 'The training set: one row per pool and bucket with what happened there, in pages.',
  request: z.object({
    poolIds: z.array(PoolId).max(500).nullable(),
    ...Window,
    minConfidence: z.number().min(0).max(1).default(0),
    cursor: z.string().nullable(),
    limit: z.number().int().min(1).max(5000).default(5000),
  }),
  response: z.object({ rows: z.array(CanonicalRow), nextCursor: z.string().nullable() }),
});

export const PriceAlertView = z.object({
  alertId: Id,
  clientId: Id,
  poolId: PoolId,
  thresholdUsdPerHour: UsdPerHour,
  createdAt: Instant,
  lastFiredAt: Instant.nullable(),
});
export type PriceAlertView = z.infer<typeof PriceAlertView>;

export const CreatePriceAlert = defineRpc({
  owner: 'pricing',
  name: 'create-price-alert',
  summary: 'Tells a tenant when the price of a pool falls to a threshold or below.',
  request: z.object({ clientId: Id, poolId: PoolId, thresholdUsdPerHour: UsdPerHour }),
  response: z.object({ alert: PriceAlertView }),
});

export const ListPriceAlerts = defineRpc({
  owner: 'pricing',
  name: 'list-price-alerts',
  summary: 'Alerts of a tenant.',
  request: z.object({ clientId: Id }),
  response: z.object({ alerts: z.array(PriceAlertView) }),
});

export const DeletePriceAlert = defineRpc({
  owner: 'pricing',
  name: 'delete-price-alert',
  summary: 'Ends an alert; false when this tenant has none of that id.',
  request: z.object({ clientId: Id, alertId: Id }),
  response: z.object({ deleted: z.boolean() }),
});
