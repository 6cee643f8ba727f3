import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  Advise as AdviseRpc,
  GetDecision as GetDecisionRpc,
  ListDecisions as ListDecisionsRpc,
  ReplayDecision as ReplayDecisionRpc,
  type RpcRequest,
  type RpcResponse,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { Advise } from './advise.js';
import { FindDecision } from './find-decision.js';
import { ListDecisions } from './list-decisions.js';
import { ReplayDecision } from './replay-decision.js';

@Controller()
export class DecisionController {
  constructor(
    private readonly listDecisions: ListDecisions,
    private readonly findDecision: FindDecision,
    private readonly replayDecision: ReplayDecision,
    private readonly adviseNow: Advise,
  ) {}

  @OnRpc(ListDecisionsRpc)
  list(
    @Payload() request: RpcRequest<typeof ListDecisionsRpc>,
  ): Promise<RpcResponse<typeof ListDecisionsRpc>> {
    return this.listDecisions.execute(request);
  }

  @OnRpc(GetDecisionRpc)
  find(@Payload() request: RpcRequest<typeof GetDecisionRpc>): Promise<RpcResponse<typeof GetDecisionRpc>> {
    return this.findDecision.execute(request);
  }

  @OnRpc(ReplayDecisionRpc)
  replay(
    @Payload() request: RpcRequest<typeof ReplayDecisionRpc>,
  ): Promise<RpcResponse<typeof ReplayDecisionRpc>> {
    return this.replayDecision.execute(request);
  }

  @OnRpc(AdviseRpc)
  advise(@Payload() request: RpcRequest<typeof AdviseRpc>): Promise<RpcResponse<typeof AdviseRpc>> {
    return this.adviseNow.execute(request);
  }
}
