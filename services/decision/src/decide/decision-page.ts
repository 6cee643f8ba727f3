import type { DecisionView } from '@spotopt/contracts';
import type { ScoredCandidate } from '../engine/ports.js';
import type { ChangeOfPrimary } from '../workload/ports.js';
import { actionOf, type Decision } from './decision.js';

/** A decision as a person reads it: candidates best first, those that passed before those that did not. */
export function decisionPage(decision: Decision, change: ChangeOfPrimary | null = null): DecisionView {
  const { decisionId, agentId, clientId, decidedAt, engine, attempts, proposal, verdict } = decision;
  const { current, standby: present } = decision.observation;
  return {
    decisionId,
    agentId,
    clientId,
    decidedAt: decidedAt.toISOString(),
    engine,
    attempts: attempts.map(({ engine: asked, elapsedMs, failure }) => ({
      engineId: asked.engineId,
      name: asked.name,
      version: asked.version,
      elapsedMs,
      failure,
    })),
    action: actionOf(decision),
    outcome: verdict.outcome,
    target: proposal.target,
    standby: proposal.standby,
    reason: proposal.reason,
    heldBackBy: [...verdict.heldBackBy],
    confidence: proposal.confidence,
    estimated: proposal.estimated,
    expectedSaving: proposal.expectedSaving,
    current:
      current === null
        ? null
        : { mode: current.mode, poolId: current.poolId, usdPerHour: current.usdPerHour },
    presentStandby:
      present === null ? null : { mode: present.mode, poolId: present.poolId, ready: present.ready },
    candidates: [...proposal.candidates].sort(byMerit).map((candidate) => ({
      mode: candidate.mode,
      poolId: candidate.poolId,
      usdPerHour: candidate.usdPerHour,
      savingsPercent: candidate.savingsPercent,
      risk: candidate.risk,
      lossPerHour: candidate.lossPerHour,
      scoreUsdPerHour: candidate.scoreUsdPerHour,
      expectedUsdPerHour: candidate.expectedUsdPerHour,
      expectedDowntimeSecondsPerHour: candidate.expectedDowntimeSecondsPerHour,
      rejectedBecause: [...candidate.rejectedBecause],
    })),
    execution:
      change === null
        ? null
        : {
            switchId: change.switchId,
            state: change.state === 'started' || change.state === 'finished' ? change.state : 'failed',
            startedAt: change.startedAt.toISOString(),
            endedAt: change.endedAt?.toISOString() ?? null,
          },
    autoSwitchEnabled: decision.facts.settings.autoSwitchEnabled,
  };
}

function byMerit(a: ScoredCandidate, b: ScoredCandidate): number {
  const passed = Number(a.rejectedBecause.length > 0) - Number(b.rejectedBecause.length > 0);
  if (passed !== 0) return passed;
  const merit = (one: ScoredCandidate): number =>
    one.scoreUsdPerHour ?? one.usdPerHour ?? Number.POSITIVE_INFINITY;
  return merit(a) - merit(b) || (a.poolId < b.poolId ? -1 : 1);
}
