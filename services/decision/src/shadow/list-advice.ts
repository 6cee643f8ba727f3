import type { AdviceView, ListAdvice as ListAdviceRpc, RpcRequest, RpcResponse } from '@spotopt/contracts';
import type { UnitOfWork } from '@spotopt/kernel';
import type { Advice } from './advice.js';
import type { AdviceStore } from './ports.js';

/** What engines said, newest first; of one decision the engine in charge first. */
export class ListAdvice {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly advice: AdviceStore,
  ) {}

  async execute(request: RpcRequest<typeof ListAdviceRpc>): Promise<RpcResponse<typeof ListAdviceRpc>> {
    const advice = await this.uow.read((tx) => this.advice.list(tx, request));
    return { advice: advice.map(viewOf) };
  }
}

function viewOf(advice: Advice): AdviceView {
  const { decisionId, agentId, clientId, engine, role, elapsedMs, current, advised, failure } = advice;
  return {
    ...{ decisionId, agentId, clientId, engine, role, elapsedMs, current, advised, failure },
    decidedAt: advice.decidedAt.toISOString(),
    horizonEndsAt: advice.horizonEndsAt.toISOString(),
    evaluatedAt: advice.evaluatedAt?.toISOString() ?? null,
    outcome: advice.outcome,
  };
}
