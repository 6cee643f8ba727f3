import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  CompareEngines as CompareEnginesRpc,
  ListAdvice as ListAdviceRpc,
  type RpcRequest,
  type RpcResponse,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { CompareEngines } from './compare-engines.js';
import { ListAdvice } from './list-advice.js';

@Controller()
export class AdviceController {
  constructor(
    private readonly listAdvice: ListAdvice,
    private readonly compareEngines: CompareEngines,
  ) {}

  @OnRpc(ListAdviceRpc)
  list(@Payload() request: RpcRequest<typeof ListAdviceRpc>): Promise<RpcResponse<typeof ListAdviceRpc>> {
    return this.listAdvice.execute(request);
  }

  @OnRpc(CompareEnginesRpc)
  compare(
    @Payload() request: RpcRequest<typeof CompareEnginesRpc>,
  ): Promise<RpcResponse<typeof CompareEnginesRpc>> {
    return this.compareEngines.execute(request);
  }
}
