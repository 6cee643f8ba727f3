import { z } from 'zod';
import { defineRoute } from './define-route.js';
import { Acknowledged, OptionalInstant, OptionalNumber, OptionalText } from './wire-primitives.js';

/** A price of one pool. Prices are judged one by one, so that one bad value costs one pool, not the report. */
const PoolPrice = z.looseObject({
  pool_id: OptionalText,
  id: OptionalText,
  instance_type: OptionalText,
  az: OptionalText,
  price: z.unknown().optional(),
});

/** The union of the four dialects: a and b of deployed agents, c and d of the documents. */
const PricingReportBody = z.looseObject({
  instance: z
    .looseObject({
      instance_id: OptionalText,
      instance_type: OptionalText,
      region: OptionalText,
      az: OptionalText,
      mode: OptionalText,
      current_mode: OptionalText,
      pool_id: OptionalText,
      current_pool_id: OptionalText,
    })
    .nullish(),
  pricing: z
    .looseObject({
      on_demand_price: OptionalNumber,
      current_spot_price: z.unknown().optional(),
      spot_pools: z.array(PoolPrice).max(10_000).nullish(),
      collected_at: OptionalInstant,
    })
    .nullish(),
  on_demand_price: z.union([z.number(), z.looseObject({ price: OptionalNumber })]).nullish(),
  spot_pools: z.array(PoolPrice).max(10_000).nullish(),
  pools: z.array(PoolPrice).max(10_000).nullish(),
  pool_id: OptionalText,
  spot_price: z.unknown().optional(),
  instance_id: OptionalText,
  timestamp: OptionalInstant,
  collected_at: OptionalInstant,
});
export type PricingReportBody = z.infer<typeof PricingReportBody>;

export const PricingReportRoute = defineRoute({
  id: 'reportPrices',
  at: 'POST /api/agents/:agentId/pricing-report',
  aliases: ['/api/agents/:agentId/pricing'],
  summary: 'Prices that an agent sees; stored by the broker before the answer.',
  access: 'client',
  telemetry: true,
  body: PricingReportBody,
  response: Acknowledged.extend({
    processed: z.boolean(),
    data_quality_flag: z.string(),
    accepted: z.number().int(),
    rejected: z.number().int(),
  }),
});

const ReportedInstanceBody = z.looseObject({
  instance_id: z.string().min(1).max(64),
  instance_type: OptionalText,
  region: OptionalText,
  az: OptionalText,
  ami_id: OptionalText,
  mode: OptionalText,
  pool_id: OptionalText,
});

const ReportedPricesBody = z
  .looseObject({ on_demand: OptionalNumber, old_spot: OptionalNumber, new_spot: OptionalNumber })
  .nullish();

const SwitchReportBody = z.looseObject({
  old_instance: ReportedInstanceBody,
  new_instance: ReportedInstanceBody,
  prices: ReportedPricesBody,
  pricing: ReportedPricesBody,
  timing: z
    .looseObject({
      switch_initiated_at: OptionalInstant,
      initiated_at: OptionalInstant,
      ami_created_at: OptionalInstant,
      new_instance_launched_at: OptionalInstant,
      instance_launched_at: OptionalInstant,
      new_instance_ready_at: OptionalInstant,
      instance_ready_at: OptionalInstant,
      traffic_switched_at: OptionalInstant,
      old_instance_terminated_at: OptionalInstant,
      old_terminated_at: OptionalInstant,
    })
    .nullish(),
  command_id: OptionalText,
});
export type SwitchReportBody = z.infer<typeof SwitchReportBody>;

export const SwitchReportRoute = defineRoute({
  id: 'reportSwitch',
  at: 'POST /api/agents/:agentId/switch-report',
  summary: 'A switch that an agent carried out by itself; both vocabularies are understood.',
  access: 'client',
  body: SwitchReportBody,
  response: Acknowledged.extend({ message: z.string() }),
});

const CleanupPart = z
  .looseObject({
    deleted: z.array(z.unknown()).nullish(),
    deleted_amis: z.array(z.unknown()).nullish(),
    deleted_snapshots: z.array(z.unknown()).nullish(),
    failed: z.array(z.unknown()).nullish(),
    error: OptionalText,
  })
  .nullish();

export const CleanupReportRoute = defineRoute({
  id: 'reportCleanup',
  at: 'POST /api/agents/:agentId/cleanup-report',
  summary: 'Snapshots and images that an agent removed.',
  access: 'client',
  body: z.looseObject({ timestamp: OptionalInstant, snapshots: CleanupPart, amis: CleanupPart }),
  response: Acknowledged.extend({
    message: z.string(),
    deleted_snapshots: z.number().int(),
    deleted_amis: z.number().int(),
    failed_count: z.number().int(),
  }),
});

export const InstancesToTerminateRoute = defineRoute({
  id: 'instancesToTerminate',
  at: 'GET /api/agents/:agentId/instances-to-terminate',
  summary: 'Instances of this workload whose time is over.',
  access: 'client',
  response: z.object({
    auto_terminate_enabled: z.boolean(),
    terminate_wait_seconds: z.number().int(),
    instances: z.array(
      z.object({
        instance_id: z.string(),
        instance_type: z.string(),
        az: z.string(),
        reason: z.string(),
        seconds_waiting: z.number().int(),
        seconds_since_marked: z.number().int(),
      }),
    ),
  }),
});

export const TerminationReportRoute = defineRoute({
  id: 'reportTermination',
  at: 'POST /api/agents/:agentId/termination-report',
  summary: 'Whether an agent could terminate an instance of its own workload.',
  access: 'client',
  body: z.object({
    instance_id: z.string().min(1).max(64),
    success: z.boolean(),
    error: OptionalText,
    terminated_at: OptionalInstant,
  }),
  response: Acknowledged.extend({ message: z.string() }),
});
