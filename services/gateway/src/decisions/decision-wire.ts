import type { DecisionView } from '@spotopt/contracts';
import type {
  DecideRoute,
  DecisionRoute,
  ResponseOf,
  SwitchRecommendationRoute,
} from '@spotopt/contracts/http';
import { parsePoolId } from '@spotopt/contracts';
import { meaningOf } from './decision-words.js';

const SHOWN_CANDIDATES = 8;

type Choice = { readonly mode: string; readonly poolId: string } | null;

const choice = (value: Choice): { mode: string; pool_id: string } | null =>
  value === null ? null : { mode: value.mode, pool_id: value.poolId };

export function toDecision(decision: DecisionView, inputs: unknown): ResponseOf<typeof DecisionRoute> {
  const { current, presentStandby, expectedSaving: saving, engine } = decision;
  return {
    decision_id: decision.decisionId,
    agent_id: decision.agentId,
    client_id: decision.clientId,
    decided_at: decision.decidedAt,
    summary: summaryOf(decision),
    action: decision.action,
    outcome: decision.outcome,
    reason: decision.reason,
    held_back_by: decision.heldBackBy.map(coded),
    current:
      current === null
        ? null
        : { mode: current.mode, pool_id: current.poolId, usd_per_hour: current.usdPerHour },
    target: choice(decision.target),
    standby: choice(decision.standby),
    current_standby:
      presentStandby === null
        ? null
        : { mode: presentStandby.mode, pool_id: presentStandby.poolId, ready: presentStandby.ready },
    expected_saving:
      saving === null
        ? null
        : {
            gross_usd_per_hour: saving.grossUsdPerHour,
            double_run_usd: saving.doubleRunUsd,
            transfer_usd: saving.transferUsd,
            downtime_usd: saving.downtimeUsd,
            horizon_hours: saving.horizonHours,
            net_usd_per_hour: saving.netUsdPerHour,
          },
    confidence: decision.confidence,
    estimated: decision.estimated,
    engine: {
      engine_id: engine.engineId,
      kind: engine.kind,
      name: engine.name,
      version: engine.version,
      sha256: engine.sha256,
    },
    attempts: decision.attempts.map(({ engineId, name, version, elapsedMs, failure }) => ({
      engine_id: engineId,
      name,
      version,
      elapsed_ms: elapsedMs,
      failure,
    })),
    candidates: decision.candidates.slice(0, SHOWN_CANDIDATES).map((candidate) => ({
      mode: candidate.mode,
      pool_id: candidate.poolId,
      usd_per_hour: candidate.usdPerHour,
      savings_percent: candidate.savingsPercent,
      risk: candidate.risk,
      loss_per_hour: candidate.lossPerHour,
      score_usd_per_hour: candidate.scoreUsdPerHour,
      expected_usd_per_hour: candidate.expectedUsdPerHour,
      expected_downtime_seconds_per_hour: candidate.expectedDowntimeSecondsPerHour,
      rejected_because: candidate.rejectedBecause.map(coded),
    })),
    candidates_total: decision.candidates.length,
    execution: executionOf(decision),
    ...(inputs === null ? {} : { inputs }),
  };
}

function executionOf({ execution }: DecisionView): ResponseOf<typeof DecisionRoute>['execution'] {
  if (execution === null) return null;
  const { switchId, state, startedAt, endedAt } = execution;
  return { switch_id: switchId, state, started_at: startedAt, ended_at: endedAt };
}

function coded(code: string): { code: string; meaning: string } {
  return { code, meaning: meaningOf(code) };
}

export function placeOf(value: Choice): string {
  if (value === null) return 'nowhere';
  return value.mode === 'ondemand' ? 'on-demand' : value.poolId;
}

/** One sentence: what becomes of the workload. */
export function summaryOf(decision: DecisionView): string {
  const { current, target, standby, outcome, action } = decision;
  const here = placeOf(current);
  if (outcome === 'switch') return `moves from ${here} to ${placeOf(target)}`;
  if (outcome === 'replica') {
    return standby === null
      ? `stays in ${here} and gives up its standby`
      : `stays in ${here} with a standby in ${placeOf(standby)}`;
  }
  if (outcome === 'recommend' && action !== 'stay' && target !== null) {
    return `stays in ${here}; a move to ${placeOf(target)} is recommended`;
  }
  if (outcome === 'recommend' && standby !== null) {
    return `stays in ${here}; a standby in ${placeOf(standby)} is recommended`;
  }
  return `stays in ${here}`;
}

const SWITCH_WORDS = { spot: 'switch_spot', ondemand: 'switch_ondemand' } as const;
const MOVE_TYPES = { spot: 'switch_to_spot', ondemand: 'switch_to_ondemand' } as const;
const STAY_TYPES = { spot: 'stay_spot', ondemand: 'stay_ondemand', unknown: 'stay_ondemand' } as const;

const netOf = ({ expectedSaving }: DecisionView): number => expectedSaving?.netUsdPerHour ?? 0;

/** Where the workload should run: the target, or where it is. */
function placeFor({ target, current }: DecisionView): { mode: string | null; poolId: string | null } {
  return target ?? current ?? { mode: null, poolId: null };
}

export function toDecideAnswer(
  decision: DecisionView,
  instanceId: string | null,
): ResponseOf<typeof DecideRoute> {
  const place = placeFor(decision);
  return {
    agent_id: decision.agentId,
    instance_id: instanceId,
    risk_score: riskOf(decision),
    recommended_action: decision.target === null ? 'stay' : SWITCH_WORDS[decision.target.mode],
    recommended_mode: place.mode,
    recommended_pool_id: place.poolId,
    expected_savings_per_hour: netOf(decision),
    allowed: decision.outcome === 'switch',
    reason: reasonOf(decision),
    confidence: decision.confidence,
    engine: `${decision.engine.name} ${decision.engine.version}`,
  };
}

export function toRecommendation(decision: DecisionView): ResponseOf<typeof SwitchRecommendationRoute> {
  const { target, current, candidates } = decision;
  const elsewhere = candidates.filter(
    ({ mode, poolId }) => mode === 'spot' && !(current?.mode === 'spot' && current.poolId === poolId),
  );
  return {
    agent_id: decision.agentId,
    decision_type: target === null ? STAY_TYPES[current?.mode ?? 'unknown'] : MOVE_TYPES[target.mode],
    recommended_pool_id: placeFor(decision).poolId,
    risk_score: riskOf(decision),
    expected_savings: netOf(decision),
    confidence: decision.confidence,
    reason: reasonOf(decision),
    auto_switch_enabled: decision.autoSwitchEnabled,
    will_auto_execute: decision.outcome === 'switch',
    held_back_by: decision.heldBackBy,
    current_pool: current === null ? null : poolName(current.poolId),
    alternative_pools: elsewhere.map(({ poolId, usdPerHour }) => ({
      ...poolName(poolId),
      spot_price: usdPerHour,
    })),
  };
}

/** Of the place that is recommended; null for a place that no engine scored. */
function riskOf({ target, current, candidates }: DecisionView): number | null {
  const place = target ?? current;
  const scored = candidates.find(({ mode, poolId }) => mode === place?.mode && poolId === place.poolId);
  return scored?.risk ?? null;
}

function reasonOf({ reason, heldBackBy }: DecisionView): string {
  return heldBackBy.length === 0 ? reason : `${reason}; held back: ${heldBackBy.map(meaningOf).join(', ')}`;
}

function poolName(poolId: string): { id: string; name: string; az: string } {
  const { instanceType, az } = parsePoolId(poolId);
  return { id: poolId, name: `${instanceType} (${az})`, az };
}
