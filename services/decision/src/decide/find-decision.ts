import type { GetDecision as GetDecisionRpc, RpcRequest, RpcResponse } from '@spotopt/contracts';
import { AppError, type Tx, type UnitOfWork } from '@spotopt/kernel';
import type { WorkloadStore } from '../workload/ports.js';
import { decisionPage } from './decision-page.js';
import type { Decision, DecisionStore } from './ports.js';

/** @throws AppError `decision-not-found` (permanent), for another tenant's as for none */
export async function requireDecision(
  tx: Tx,
  decisions: DecisionStore,
  { clientId, decisionId }: { readonly clientId: string | null; readonly decisionId: string },
): Promise<Decision> {
  const decision = await decisions.find(tx, decisionId);
  if (decision !== null && (clientId === null || decision.clientId === clientId)) return decision;
  throw AppError.permanent('decision-not-found', `no decision ${decisionId}`);
}

/** One decision, to be read by a person; with all that was seen, for a machine. */
export class FindDecision {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly decisions: DecisionStore,
    private readonly workloads: Pick<WorkloadStore, 'findChangeFor'>,
  ) {}

  async execute(request: RpcRequest<typeof GetDecisionRpc>): Promise<RpcResponse<typeof GetDecisionRpc>> {
    const { decision, change } = await this.uow.read(async (tx) => ({
      decision: await requireDecision(tx, this.decisions, request),
      change: await this.workloads.findChangeFor(tx, request.decisionId),
    }));
    const { observation, facts, proposal } = decision;
    const inputs = request.withInputs ? { observation, facts, proposal } : null;
    return { decision: decisionPage(decision, change), inputs };
  }
}
