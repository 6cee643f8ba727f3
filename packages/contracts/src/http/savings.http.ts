import { z } from 'zod';
import { Day } from '../events/savings.events.js';
import { Id, PoolId, UsdPerHour } from '../primitives.js';
import { defineRoute } from './define-route.js';
import { Acknowledged, OptionalText } from './wire-primitives.js';

const Usd = z.number();
const OptionalUsd = z.number().nullable();

/** A day or a month, in the names of both dashboards. */
export const SavingsItem = z.looseObject({
  /** For an axis, for example `Nov 2026`. */
  name: z.string(),
  period: z.string(),
  savings: Usd,
  onDemandCost: Usd,
  modelCost: Usd,
  savings_percent: z.number().nullable(),
  standby_cost: Usd,
  switch_cost: Usd,
  interruption_cost: Usd,
  /** Rests on estimated prices and is not contained in `savings`. */
  estimated_savings: Usd,
  /** Hours whose price was computed; contained in the costs. */
  filled_hours: z.number(),
  unpriced_hours: z.number(),
  /** What AWS charged, where a cost report says so. */
  settled_actual_cost: OptionalUsd,
  settled_savings: OptionalUsd,
  open: z.boolean(),
  revised: z.boolean(),
  anomaly: z.boolean(),
});

export type SavingsItem = z.infer<typeof SavingsItem>;

export const SavingsRoute = defineRoute({
  id: 'clientSavings',
  at: 'GET /api/client/:clientId/savings',
  summary:
    'What a tenant saved: in all, or with `range` the last twelve months or the days of a window. Losses are negative.',
  access: 'client-or-admin',
  query: z.object({
    range: z.enum(['monthly', 'daily']).optional(),
    from: Day.optional(),
    to: Day.optional(),
    agent_id: z.string().min(1).optional(),
  }),
  response: z.union([
    z.looseObject({ months: z.array(SavingsItem), total: z.number().int() }),
    z.looseObject({ days: z.array(SavingsItem), total: z.number().int() }),
    z.looseObject({
      total_savings_usd: Usd,
      total_savings: Usd,
      savings_this_month: Usd,
      monthly_savings: Usd,
      savings_percent: z.number().nullable(),
      on_demand_cost: Usd,
      actual_cost: Usd,
      savings_by_month: z.array(z.object({ month: z.string(), savings: Usd })),
      average_savings_percent: z.number().nullable(),
    }),
  ]),
});

export const CostsRoute = defineRoute({
  id: 'clientCosts',
  at: 'GET /api/client/:clientId/costs',
  summary: 'How the figures of a day came about: every machine, and what earlier closings said.',
  access: 'client-or-admin',
  query: z.object({ day: Day.optional(), agent_id: z.string().min(1).optional() }),
  response: z.object({
    day: z.string(),
    open: z.boolean(),
    lines: z.array(
      z.looseObject({
        agent_id: z.string(),
        instance_id: z.string().nullable(),
        mode: z.string(),
        pool_id: z.string(),
        purpose: z.string(),
        from: z.string(),
        to: z.string(),
        hours: z.number(),
        cost_usd: Usd,
        on_demand_usd: Usd,
        estimated: z.boolean(),
      }),
    ),
    closings: z.array(
      z.looseObject({
        agent_id: z.string(),
        revision: z.number().int(),
        closed_at: z.string(),
        changed: z.array(z.string()),
      }),
    ),
    total: z.number().int(),
  }),
});

export const CloseSavingsRoute = defineRoute({
  id: 'closeSavings',
  at: 'POST /api/admin/savings/close',
  summary: 'Closes a past day again, of one tenant or all; nothing changes unless a figure differs.',
  access: 'admin',
  body: z.object({ day: Day, client_id: OptionalText }),
  response: Acknowledged.extend({
    day: z.string(),
    agents: z.number().int(),
    changed: z.array(
      z.object({
        client_id: z.string(),
        agent_id: z.string(),
        revision: z.number().int(),
        savings_before: OptionalUsd,
        savings_after: Usd,
      }),
    ),
    total: z.number().int(),
  }),
});

export const StatsChartsRoute = defineRoute({
  id: 'statsCharts',
  at: 'GET /api/client/:clientId/stats/charts',
  summary: 'Cost by month, workloads by mode, and switches by day of the last thirty days.',
  access: 'client-or-admin',
  response: z.object({
    savingsTrend: z.array(z.object({ month: z.string(), baseline: Usd, actual: Usd })),
    modeDistribution: z.array(z.object({ mode: z.string(), count: z.number().int() })),
    switchFrequency: z.array(z.object({ date: z.string(), switches: z.number().int() })),
  }),
});

export const DowntimeRoute = defineRoute({
  id: 'downtimeAnalytics',
  at: 'GET /api/client/:clientId/analytics/downtime',
  summary: 'How long switches of a rolling window kept users waiting; a day when none is given.',
  access: 'client-or-admin',
  query: z.object({
    days: z.coerce.number().int().min(1).max(365).optional(),
    hours: z.coerce.number().int().min(1).max(8_760).optional(),
  }),
  response: z.object({
    status: z.literal('success'),
    data: z.object({
      hours: z.number().int(),
      avg_downtime_seconds: z.number().nullable(),
      p95_downtime_seconds: z.number().nullable(),
      min_downtime_seconds: z.number().nullable(),
      max_downtime_seconds: z.number().nullable(),
      total_downtime_seconds: z.number(),
      total_switches: z.number().int(),
      successful_switches: z.number().int(),
      failed_switches: z.number().int(),
      /** Of the average, against the window before; null when either has none. */
      trend: z.number().nullable(),
    }),
  }),
});

export const ImportCostReportRoute = defineRoute({
  id: 'importCostReport',
  at: 'POST /api/client/:clientId/cost-reports',
  summary: 'What AWS charged, from a Cost and Usage Report or a spot data feed; may be gzip-encoded.',
  access: 'client-or-admin',
  query: z.object({ source: z.enum(['cost-and-usage-report', 'spot-data-feed']) }),
  consumes: ['text/csv', 'text/plain', 'text/tab-separated-values'],
  response: z.object({
    import_id: z.string(),
    rows_read: z.number().int(),
    /** Sums of one machine on one day. */
    machine_days: z.number().int(),
    /** Sums of one machine in one hour: what the ledger stores. */
    machine_hours: z.number().int(),
    stored: z.number().int(),
    unknown_instances: z.array(z.string()),
    /** Rows about something else than the hours of a machine. */
    skipped_rows: z.number().int(),
  }),
});

const AlertItem = z.object({
  id: z.string(),
  alert_id: z.string(),
  pool_id: z.string(),
  threshold_price: z.number(),
  created_at: z.string(),
  last_fired_at: z.string().nullable(),
});

export const CreatePricingAlertRoute = defineRoute({
  id: 'createPricingAlert',
  at: 'POST /api/client/:clientId/pricing-alerts',
  summary: 'Notifies when the price of a pool falls to a threshold or below.',
  access: 'client-or-admin',
  status: 201,
  body: z.object({ pool_id: PoolId, threshold_price: UsdPerHour }),
  response: Acknowledged.extend(AlertItem.shape),
});

export const ListPricingAlertsRoute = defineRoute({
  id: 'listPricingAlerts',
  at: 'GET /api/client/:clientId/pricing-alerts',
  summary: 'Price alerts of a tenant.',
  access: 'client-or-admin',
  response: z.object({ alerts: z.array(AlertItem), total: z.number().int() }),
});

export const DeletePricingAlertRoute = defineRoute({
  id: 'deletePricingAlert',
  at: 'DELETE /api/client/:clientId/pricing-alerts/:alertId',
  summary: 'Ends a price alert.',
  access: 'client-or-admin',
  response: Acknowledged.extend({ alert_id: Id }),
});
