import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  CurrentPrices,
  PricingSummary,
  RawPrices,
  type RpcRequest,
  type RpcResponse,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { ReadPrices } from './read-prices.js';

@Controller()
export class PricingController {
  constructor(private readonly readPrices: ReadPrices) {}

  @OnRpc(PricingSummary)
  summary(): Promise<RpcResponse<typeof PricingSummary>> {
    return this.readPrices.summary();
  }

  @OnRpc(CurrentPrices)
  current(@Payload() request: RpcRequest<typeof CurrentPrices>): Promise<RpcResponse<typeof CurrentPrices>> {
    return this.readPrices.current(request);
  }

  @OnRpc(RawPrices)
  raw(@Payload() request: RpcRequest<typeof RawPrices>): Promise<RpcResponse<typeof RawPrices>> {
    return this.readPrices.raw(request);
  }
}
