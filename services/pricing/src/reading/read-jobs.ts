import type { ConsolidationJobs, ConsolidationJobView, RpcRequest, RpcResponse } from '@spotopt/contracts';
import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { ConsolidationJob } from '../series/consolidation-job.js';
import type { ConsolidationJobStore } from '../series/ports.js';

const DAY_MS = 86_400_000;

export class ReadJobs {
  constructor(
    private readonly deps: {
      readonly uow: UnitOfWork;
      readonly clock: Clock;
      readonly jobs: ConsolidationJobStore;
    },
  ) {}

  async list(request: RpcRequest<typeof ConsolidationJobs>): Promise<RpcResponse<typeof ConsolidationJobs>> {
    const { uow, clock, jobs } = this.deps;
    const nowMs = clock.nowMs();
    const since = new Date(nowMs - request.days * DAY_MS);
    const found = await uow.read((tx) => jobs.list(tx, since, request.limit));
    return { jobs: found.map((job) => toView(job, nowMs)) };
  }
}

function toView(job: ConsolidationJob, nowMs: number): ConsolidationJobView {
  const { id, startedAt, completedAt, poolsDone, poolsTotal } = job;
  return {
    jobId: id,
    type: job.type,
    status: job.status,
    startedAt: startedAt.toISOString(),
    completedAt: completedAt?.toISOString() ?? null,
    durationMs: Math.max(0, (completedAt?.getTime() ?? nowMs) - startedAt.getTime()),
    progress: job.status === 'completed' || poolsTotal === 0 ? 1 : poolsDone / poolsTotal,
    rowsRead: job.rowsRead,
    duplicatesRemoved: job.duplicatesRemoved,
    gapsFilled: job.gapsFilled,
    backfillsAdded: job.backfillsAdded,
    rowsChanged: job.rowsChanged,
    error: job.error,
  };
}
