import type { Observation, Proposal, ProposedAction } from '../engine/ports.js';
import type { EngineRef } from '../runtime/ports.js';
import type { EngineAttempt } from './ask-engines.js';
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
  /** The one whose proposal this is. */
  readonly engine: EngineRef;
  readonly attempts: readonly EngineAttempt[];
  readonly proposal: Proposal;
  readonly verdict: Verdict;
}

/** A decision without what it was made from, which is long. */
export type DecisionSummary = Omit<Decision, 'observation' | 'facts' | 'attempts'>;

type Judged = Pick<Decision, 'proposal' | 'verdict'>;

/** What becomes of the proposal once the limits had their say. */
export function actionOf({ proposal, verdict }: Judged): ProposedAction {
  return verdict.outcome === 'stay' ? 'stay' : proposal.action;
}

export function targetPoolIdOf(decision: Judged): string | null {
  return actionOf(decision) === 'stay' ? null : (decision.proposal.target?.poolId ?? null);
}

export function reasonOf({ proposal, verdict }: Judged): string {
  if (verdict.heldBackBy.length === 0) return proposal.reason;
  return `${proposal.reason}; held back by ${verdict.heldBackBy.join(', ')}`;
}
