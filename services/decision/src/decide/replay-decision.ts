import { createHash } from 'node:crypto';
import type { ReplayDecision as ReplayDecisionRpc, RpcRequest, RpcResponse } from '@spotopt/contracts';
import type { UnitOfWork } from '@spotopt/kernel';
import type { Observation, Proposal } from '../engine/ports.js';
import type { EngineRunner } from '../runtime/ports.js';
import { LAST_RESORT } from './ask-engines.js';
import { requireDecision } from './find-decision.js';
import type { Decision, DecisionStore, EngineRoster } from './ports.js';

/** The proposal that the engine makes of what was stored; equal to the stored one to the last byte. */
export async function replay(
  decision: Pick<Decision, 'observation'>,
  engine: EngineRunner,
  timeoutMs: number,
): Promise<Proposal> {
  const stored = JSON.parse(JSON.stringify(decision.observation)) as Observation;
  return engine.propose(stored, timeoutMs);
}

/** Proves, or disproves, that a decision follows from what is stored of it. */
export class ReplayDecision {
  constructor(
    private readonly deps: {
      readonly uow: UnitOfWork;
      readonly decisions: DecisionStore;
      readonly engines: EngineRoster;
      readonly engineTimeoutMs: number;
    },
  ) {}

  async execute(
    request: RpcRequest<typeof ReplayDecisionRpc>,
  ): Promise<RpcResponse<typeof ReplayDecisionRpc>> {
    const { uow, decisions, engines } = this.deps;
    const decision = await uow.read((tx) => requireDecision(tx, decisions, request));
    const isLastResort = decision.engine.engineId === LAST_RESORT.ref.engineId;
    const engine = isLastResort ? LAST_RESORT : await engines.find(decision.engine);
    const again = await this.#again(decision, engine);
    const [storedSha256, replayedSha256] = [sha256Of(decision.proposal), sha256Of(again)];
    const identical = storedSha256 === replayedSha256;
    return { decisionId: decision.decisionId, identical, storedSha256, replayedSha256 };
  }

  async #again(decision: Decision, engine: EngineRunner): Promise<Proposal> {
    try {
      return await replay(decision, engine, this.deps.engineTimeoutMs);
    } finally {
      await engine.close();
    }
  }
}

function sha256Of(proposal: Proposal): string {
  return createHash('sha256').update(JSON.stringify(proposal)).digest('hex');
}
