import { ConsolidationJobs, ListAgents, PoolCatalogue, StartReconcile } from '@spotopt/contracts';
import type { ConsolidationJobView } from '@spotopt/contracts';
import type { QueryOf, ResponseOf } from '@spotopt/contracts/http';
import {
  AllPoolStatisticsRoute,
  ConsolidationJobsRoute,
  OperationalMetricsRoute,
  StartConsolidationRoute,
} from '@spotopt/contracts/http';
import { ServiceRequests } from '../ports.js';
import { QueryFor, Routes, Serves } from '../route.js';
import { OperationalMetrics } from './operational-metrics.js';
import { poolStatisticsOf } from './pool-statistics.js';

/** Names of the documents (M17). */
const JOB_TYPES = { reconcile: 'pricing_12h', gaps: 'pricing_gaps' } as const;

@Routes()
export class OperationsController {
  constructor(
    private readonly requests: ServiceRequests,
    private readonly operationalMetrics: OperationalMetrics,
  ) {}

  @Serves(AllPoolStatisticsRoute)
  async pools(): Promise<ResponseOf<typeof AllPoolStatisticsRoute>> {
    const [{ pools }, { agents }] = await Promise.all([
      this.requests.ask(PoolCatalogue, { region: null, instanceType: null, poolIds: null }),
      this.requests.ask(ListAgents, { clientId: null }),
    ]);
    return poolStatisticsOf(pools, agents);
  }

  @Serves(OperationalMetricsRoute)
  async operational(): Promise<ResponseOf<typeof OperationalMetricsRoute>> {
    return this.operationalMetrics.execute();
  }

  @Serves(ConsolidationJobsRoute)
  async jobs(
    @QueryFor(ConsolidationJobsRoute) query: QueryOf<typeof ConsolidationJobsRoute>,
  ): Promise<ResponseOf<typeof ConsolidationJobsRoute>> {
    const { jobs } = await this.requests.ask(ConsolidationJobs, query);
    return { jobs: jobs.map(toJobItem), total: jobs.length };
  }

  @Serves(StartConsolidationRoute)
  async reconcile(): Promise<ResponseOf<typeof StartConsolidationRoute>> {
    const { jobId } = await this.requests.ask(StartReconcile, {});
    return { success: true, status: 'success', id: jobId };
  }
}

function toJobItem(job: ConsolidationJobView): ResponseOf<typeof ConsolidationJobsRoute>['jobs'][number] {
  return {
    id: job.jobId,
    job_type: JOB_TYPES[job.type],
    status: job.status,
    started_at: job.startedAt,
    completed_at: job.completedAt,
    duration_seconds: job.durationMs / 1_000,
    progress: job.progress,
    records_processed: job.rowsRead,
    duplicates_removed: job.duplicatesRemoved,
    gaps_interpolated: job.gapsFilled,
    backfills_added: job.backfillsAdded,
    rows_changed: job.rowsChanged,
    error_message: job.error,
  };
}
