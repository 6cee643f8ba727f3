import {
  createEvent,
  type Candidate,
  DecisionMadeV1,
  type EventData,
  SwitchProposedV1,
} from '@spotopt/contracts';
import type { Ids, OutgoingEvent } from '@spotopt/kernel';
import type { ScoredCandidate } from '../engine/ports.js';
import { actionOf, type Decision, reasonOf, targetPoolIdOf } from './decision.js';

/** A decision as others read it. */
export function decisionView(decision: Decision): EventData<typeof DecisionMadeV1> {
  const action = actionOf(decision);
  return {
    decisionId: decision.decisionId,
    agentId: decision.agentId,
    clientId: decision.clientId,
    engine: decision.proposal.engine,
    action,
    targetPoolId: targetPoolIdOf(decision),
    reason: reasonOf(decision),
    expectedSavingsUsdPerHour: action === 'stay' ? 0 : decision.proposal.expectedSavingsUsdPerHour,
    candidates: decision.proposal.candidates.flatMap(candidateView),
    decidedAt: decision.decidedAt.toISOString(),
  };
}

/** What the decision publishes: itself, and the proposal when the limits allow the move. */
export function eventsOf(decision: Decision, ids: Ids, expiresAt: Date): OutgoingEvent[] {
  const shared = {
    time: decision.decidedAt,
    subject: decision.agentId,
    correlation: decision.decisionId,
  };
  const made = createEvent(DecisionMadeV1, { ...shared, id: ids.next(), data: decisionView(decision) });
  const { target } = decision.proposal;
  if (decision.verdict.outcome !== 'switch' || target === null) return [made];
  const proposed = createEvent(SwitchProposedV1, {
    ...shared,
    id: ids.next(),
    expiresAt,
    data: {
      decisionId: decision.decisionId,
      agentId: decision.agentId,
      clientId: decision.clientId,
      fromEc2InstanceId: decision.fromEc2InstanceId,
      targetMode: target.mode,
      targetPoolId: target.poolId,
      reason: reasonOf(decision),
      expectedSavingsUsdPerHour: decision.proposal.expectedSavingsUsdPerHour,
      expiresAt: expiresAt.toISOString(),
    },
  });
  return [made, proposed];
}

/** Candidates without a price say nothing that the contract could carry; they stay in the stored decision. */
function candidateView(candidate: ScoredCandidate): Candidate[] {
  const { mode, poolId, usdPerHour, savingsPercent, risk, rejectedBecause } = candidate;
  if (usdPerHour === null) return [];
  return [
    {
      mode,
      poolId,
      usdPerHour,
      savingsPercent: savingsPercent ?? 0,
      risk,
      rejectedBecause: [...rejectedBecause],
    },
  ];
}
