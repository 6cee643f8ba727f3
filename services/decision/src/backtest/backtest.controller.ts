import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  BacktestChart,
  CancelBacktest,
  GetBacktest,
  ListBacktests,
  type RpcRequest,
  type RpcResponse,
  StartBacktest,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { ManageBacktests } from './manage-backtests.js';

@Controller()
export class BacktestController {
  constructor(private readonly backtests: ManageBacktests) {}

  @OnRpc(StartBacktest)
  start(@Payload() request: RpcRequest<typeof StartBacktest>): Promise<RpcResponse<typeof StartBacktest>> {
    return this.backtests.start(request);
  }

  @OnRpc(GetBacktest)
  get(@Payload() request: RpcRequest<typeof GetBacktest>): Promise<RpcResponse<typeof GetBacktest>> {
    return this.backtests.get(request);
  }

  @OnRpc(ListBacktests)
  list(@Payload() request: RpcRequest<typeof ListBacktests>): Promise<RpcResponse<typeof ListBacktests>> {
    return this.backtests.list(request);
  }

  @OnRpc(CancelBacktest)
  cancel(@Payload() request: RpcRequest<typeof CancelBacktest>): Promise<RpcResponse<typeof CancelBacktest>> {
    return this.backtests.cancel(request);
  }

  @OnRpc(BacktestChart)
  chart(@Payload() request: RpcRequest<typeof BacktestChart>): Promise<RpcResponse<typeof BacktestChart>> {
    return this.backtests.chart(request);
  }
}
