import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ListDecisions as ListDecisionsRpc, type RpcRequest, type RpcResponse } from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { ListDecisions } from './list-decisions.js';

@Controller()
export class DecisionController {
  constructor(private readonly listDecisions: ListDecisions) {}

  @OnRpc(ListDecisionsRpc)
  list(
    @Payload() request: RpcRequest<typeof ListDecisionsRpc>,
  ): Promise<RpcResponse<typeof ListDecisionsRpc>> {
    return this.listDecisions.execute(request);
  }
}
