import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { PoolRisk, type RpcRequest, type RpcResponse } from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { ReadRisk } from './read-risk.js';

@Controller()
export class RiskController {
  constructor(private readonly readRisk: ReadRisk) {}

  @OnRpc(PoolRisk)
  risk(@Payload() request: RpcRequest<typeof PoolRisk>): Promise<RpcResponse<typeof PoolRisk>> {
    return this.readRisk.execute(request);
  }
}
