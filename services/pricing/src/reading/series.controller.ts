import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  CanonicalPrices,
  ConsolidationJobs,
  PriceChanges,
  PriceHistory,
  PriceStatistics,
  type RpcRequest,
  type RpcResponse,
  StartReconcile,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { RunReconcile } from '../series/run-reconcile.js';
import { ReadJobs } from './read-jobs.js';
import { ReadSeries } from './read-series.js';

@Controller()
export class SeriesController {
  constructor(
    private readonly readSeries: ReadSeries,
    private readonly readJobs: ReadJobs,
    private readonly runReconcile: RunReconcile,
  ) {}

  @OnRpc(PriceHistory)
  history(@Payload() request: RpcRequest<typeof PriceHistory>): Promise<RpcResponse<typeof PriceHistory>> {
    return this.readSeries.history(request);
  }

  @OnRpc(PriceStatistics)
  statistics(
    @Payload() request: RpcRequest<typeof PriceStatistics>,
  ): Promise<RpcResponse<typeof PriceStatistics>> {
    return this.readSeries.statistics(request);
  }

  @OnRpc(PriceChanges)
  changes(@Payload() request: RpcRequest<typeof PriceChanges>): Promise<RpcResponse<typeof PriceChanges>> {
    return this.readSeries.changes(request);
  }

  @OnRpc(CanonicalPrices)
  canonical(
    @Payload() request: RpcRequest<typeof CanonicalPrices>,
  ): Promise<RpcResponse<typeof CanonicalPrices>> {
    return this.readSeries.canonical(request);
  }

  @OnRpc(ConsolidationJobs)
  jobs(
    @Payload() request: RpcRequest<typeof ConsolidationJobs>,
  ): Promise<RpcResponse<typeof ConsolidationJobs>> {
    return this.readJobs.list(request);
  }

  @OnRpc(StartReconcile)
  async reconcile(): Promise<RpcResponse<typeof StartReconcile>> {
    return { jobId: await this.runReconcile.execute() };
  }
}
