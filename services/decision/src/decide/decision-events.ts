import {
  createEvent,
  type Candidate,
  DecisionMadeV1,
  type EventData,
  StandbyProposedV1,
  SwitchProposedV1,
} from '@spotopt/contracts';
import type { Ids, OutgoingEvent } from '@spotopt/kernel';
import type { ScoredCandidate } from '../engine/ports.js';
import { actionOf, type Decision, type DecisionSummary, reasonOf, targetPoolIdOf } from './decision.js';

/** A decision as others read it. */
export function decisionView(decision: DecisionSummary): EventData<typeof DecisionMadeV1> {
  const action = actionOf(decision);
  return {
    decisionId: decision.decisionId,
    agentId: decision.agentId,
    clientId: decision.clientId,
    engine: decision.proposal.engine,
    engineVersion: decision.proposal.engineVersion,
    action: action === 'create_replica' ? 'stay' : action,
    targetPoolId: targetPoolIdOf(decision),
    standbyPoolId: decision.proposal.standby?.poolId ?? null,
    heldBackBy: [...decision.verdict.heldBackBy],
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
  const { outcome } = decision.verdict;
  const { target, standby, expectedSavingsUsdPerHour } = decision.proposal;
  const about = {
    decisionId: decision.decisionId,
    agentId: decision.agentId,
    clientId: decision.clientId,
    fromEc2InstanceId: decision.fromEc2InstanceId,
    reason: reasonOf(decision),
    expiresAt: expiresAt.toISOString(),
  };
  const next = { ...shared, id: ids.next(), expiresAt };
  if (outcome === 'replica')
    return [made, createEvent(StandbyProposedV1, { ...next, data: { ...about, standby } })];
  if (outcome !== 'switch' || target === null) return [made];
  const move = { targetMode: target.mode, targetPoolId: target.poolId, expectedSavingsUsdPerHour };
  return [made, createEvent(SwitchProposedV1, { ...next, data: { ...about, ...move } })];
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
