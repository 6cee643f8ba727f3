import type { Engine, Observation, Proposal, ProposedAction } from '../engine/ports.js';
import type { GuardrailFacts, Verdict } from './guardrails.js';

/** A decision as it is kept: enough to say why, and to make it again. */
export interface Decision {
  readonly decisionId: string;
  readonly agentId: string;
  readonly clientId: string;
  readonly decidedAt: Date;
  readonly fromEc2InstanceId: string | null;
  readonly observation: Observation;
  readonly facts: GuardrailFacts;
  readonly proposal: Proposal;
  readonly verdict: Verdict;
}

/** What becomes of the proposal once the limits had their say. */
export function actionOf({ proposal, verdict }: Pick<Decision, 'proposal' | 'verdict'>): ProposedAction {
  return verdict.outcome === 'stay' ? 'stay' : proposal.action;
}

export function targetPoolIdOf(decision: Pick<Decision, 'proposal' | 'verdict'>): string | null {
  return actionOf(decision) === 'stay' ? null : (decision.proposal.target?.poolId ?? null);
}

export function reasonOf({ proposal, verdict }: Pick<Decision, 'proposal' | 'verdict'>): string {
  if (verdict.heldBackBy.length === 0) return proposal.reason;
  return `${proposal.reason}; held back by ${verdict.heldBackBy.join(', ')}`;
}

/** The proposal that the same engine makes of the stored observation; equal to the stored one. */
export function replay(decision: Pick<Decision, 'observation'>, engine: Engine): Proposal {
  return engine.propose(decision.observation);
}
