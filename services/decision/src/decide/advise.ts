import type { Advise as AdviseRpc, RpcRequest, RpcResponse } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import type { DecideWorkload } from './decide-workload.js';
import { decisionPage } from './decision-page.js';

/** What would be decided now: the same way as a decision that is acted upon, without keeping or doing anything. */
export class Advise {
  constructor(private readonly decideWorkload: DecideWorkload) {}

  async execute({ clientId, agentId }: RpcRequest<typeof AdviseRpc>): Promise<RpcResponse<typeof AdviseRpc>> {
    const decision = await this.decideWorkload.advise(agentId);
    if (decision !== null && (clientId === null || decision.clientId === clientId)) {
      return { decision: decisionPage(decision) };
    }
    throw AppError.permanent('nothing-to-decide', 'the agent runs nothing that could be moved');
  }
}
