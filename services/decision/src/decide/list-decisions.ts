import type { ListDecisions as ListDecisionsRpc, RpcRequest, RpcResponse } from '@spotopt/contracts';
import type { UnitOfWork } from '@spotopt/kernel';
import { decisionView } from './decision-events.js';
import type { DecisionStore } from './ports.js';

/** Decisions with their candidates and reasons, newest first. */
export class ListDecisions {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly decisions: DecisionStore,
  ) {}

  async execute(request: RpcRequest<typeof ListDecisionsRpc>): Promise<RpcResponse<typeof ListDecisionsRpc>> {
    const { decisions, total } = await this.uow.read((tx) => this.decisions.list(tx, request));
    return { decisions: decisions.map(decisionView), total };
  }
}
