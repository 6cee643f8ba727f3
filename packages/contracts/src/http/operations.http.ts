import { z } from 'zod';
import { defineRoute } from './define-route.js';
import { Acknowledged, queryInteger } from './wire-primitives.js';

export const AllPoolStatisticsRoute = defineRoute({
  id: 'allPoolStatistics',
  at: 'GET /api/admin/pools/statistics',
  aliases: ['/api/admin/pool-statistics'],
  summary: 'Pools and workloads by region and by instance type, and where machines were taken.',
  access: 'admin',
  response: z.object({
    overall: z.looseObject({
      totalInstances: z.number().int(),
      totalRegions: z.number().int(),
      totalZones: z.number().int(),
      totalTypes: z.number().int(),
      totalPools: z.number().int(),
    }),
    byRegion: z.array(z.looseObject({ region: z.string(), pools: z.number(), instances: z.number() })),
    byInstanceType: z.array(
      z.looseObject({ instanceType: z.string(), pools: z.number(), instances: z.number() }),
    ),
    interruptions: z.array(
      z.object({
        poolId: z.string(),
        last24Hours: z.number().int(),
        last7Days: z.number().int(),
        last30Days: z.number().int(),
        perInstanceDay: z.number().nullable(),
      }),
    ),
  }),
});

export const OperationalMetricsRoute = defineRoute({
  id: 'operationalMetrics',
  at: 'GET /api/admin/metrics/operational',
  summary: 'How the system does; `missing` names a source that did not answer.',
  access: 'admin',
  response: z.object({
    agent_uptime: z.object({
      total_agents: z.number().int(),
      online_agents: z.number().int(),
      uptime_percentage: z.number().nullable(),
    }),
    /** Seconds, of the last 24 hours. */
    switch_downtime: z.object({
      avg: z.number().nullable(),
      stddev: z.number().nullable(),
      p95: z.number().nullable(),
      switches: z.number().int(),
    }),
    /** Of this month. */
    savings: z.object({
      total_savings: z.number(),
      baseline_cost: z.number(),
      actual_cost: z.number(),
      savings_percentage: z.number().nullable(),
    }),
    /** Of the last 24 hours. */
    emergency_stats: z.object({
      total: z.number().int(),
      rebalance: z.number().int(),
      termination: z.number().int(),
    }),
    /** Of the last 7 days. */
    data_cleaner: z.object({
      jobs: z.number().int(),
      failed_jobs: z.number().int(),
      duplicates_removed: z.number().int(),
      gaps_interpolated: z.number().int(),
      backfills_added: z.number().int(),
      last_run_at: z.string().nullable(),
    }),
    partial: z.boolean(),
    missing: z.array(z.string()),
  }),
});

export const ConsolidationJobsRoute = defineRoute({
  id: 'listConsolidationJobs',
  at: 'GET /api/admin/consolidation-jobs',
  summary: 'Jobs that consolidate prices, newest first.',
  access: 'admin',
  query: z.object({ days: queryInteger(1, 90, 7), limit: queryInteger(1, 500, 100) }),
  response: z.object({
    jobs: z.array(
      z.object({
        id: z.string(),
        job_type: z.string(),
        status: z.enum(['running', 'completed', 'failed']),
        started_at: z.string(),
        completed_at: z.string().nullable(),
        duration_seconds: z.number(),
        progress: z.number(),
        records_processed: z.number().int(),
        duplicates_removed: z.number().int(),
        gaps_interpolated: z.number().int(),
        backfills_added: z.number().int(),
        rows_changed: z.number().int(),
        error_message: z.string().nullable(),
      }),
    ),
    total: z.number().int(),
  }),
});

export const StartConsolidationRoute = defineRoute({
  id: 'startConsolidation',
  at: 'POST /api/admin/consolidation-jobs',
  summary: 'Consolidates everything that is kept once more; joins such a job that is under way.',
  access: 'admin',
  status: 202,
  response: Acknowledged.extend({ id: z.string() }),
});
