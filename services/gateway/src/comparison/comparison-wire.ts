import type { AdviceView, CompareEngines, EngineComparison, RpcResponse } from '@spotopt/contracts';
import type { DecisionAdviceRoute, EngineComparisonRoute, ResponseOf } from '@spotopt/contracts/http';
import type { TimeWindow } from '../prices/chart-grid.js';

type ComparisonBody = ResponseOf<typeof EngineComparisonRoute>;
type AdviceItem = ResponseOf<typeof DecisionAdviceRoute>['advice'][number];
type EngineItem = ComparisonBody['engines'][number];

export function toComparison(
  { champion, engines, decisions, truncated }: RpcResponse<typeof CompareEngines>,
  { fromMs, toMs }: TimeWindow,
): ComparisonBody {
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    champion: champion === null ? null : toEngine(champion),
    engines: engines.map(toEngineItem),
    decisions,
    truncated,
  };
}

function toEngineItem({ verdict, agreement, ...row }: EngineComparison): EngineItem {
  return {
    engine: toEngine(row.engine),
    champion: row.champion,
    decisions: row.decisions,
    decided: row.decided,
    compared: row.compared,
    unknown: row.unknown,
    pending: row.pending,
    estimated: row.estimated,
    failures: row.failures,
    timeouts: row.timeouts,
    agreement_percent: agreement === null ? null : agreement * 100,
    expected_usd_per_hour: row.expectedUsdPerHour,
    realised_usd_per_hour: row.realisedUsdPerHour,
    regret_usd_per_hour: row.regretUsdPerHour,
    losses: row.losses,
    downtime_seconds: row.downtimeSeconds,
    compared_hours: row.comparedHours,
    elapsed_ms: row.elapsedMs,
    verdict:
      verdict === null
        ? null
        : {
            conclusion: verdict.conclusion,
            better_percent: verdict.betterPercent,
            low_percent: verdict.lowPercent,
            high_percent: verdict.highPercent,
            pairs: verdict.pairs,
            market_days: verdict.marketDays,
            text: verdict.text,
          },
  };
}

export function toAdviceItem(advice: AdviceView): AdviceItem {
  const { advised, engine, role, current, failure } = advice;
  return {
    engine: toEngine(engine),
    role,
    elapsed_ms: advice.elapsedMs,
    decided_at: advice.decidedAt,
    current: toChoice(current),
    action: advised?.action ?? null,
    target: toChoice(advised?.target ?? null),
    standby: toChoice(advised?.standby ?? null),
    expected_usd_per_hour: advised?.expectedUsdPerHour ?? null,
    expected_saving_usd_per_hour: advised?.expectedSavingUsdPerHour ?? null,
    failure,
    horizon_ends_at: advice.horizonEndsAt,
    evaluated_at: advice.evaluatedAt,
    ...toOutcome(advice),
  };
}

type OutcomeItem = Pick<
  AdviceItem,
  'status' | 'unknown_because' | 'cost' | 'hindsight' | 'regret_usd_per_hour' | 'happened'
>;

const NO_OUTCOME = {
  unknown_because: null,
  cost: null,
  hindsight: null,
  regret_usd_per_hour: null,
  happened: null,
};

function toOutcome({ failure, outcome }: AdviceView): OutcomeItem {
  if (outcome === null) return { ...NO_OUTCOME, status: failure === null ? 'open' : 'failed' };
  if ('unknown' in outcome) {
    const unknown_because = { reason: outcome.unknown, pool_id: outcome.poolId };
    return { ...NO_OUTCOME, status: 'unknown', unknown_because };
  }
  const { cost, hindsight, regretUsdPerHour, happened } = outcome;
  return {
    status: 'known',
    unknown_because: null,
    cost: {
      machine_usd: cost.machineUsd,
      standby_usd: cost.standbyUsd,
      double_run_usd: cost.doubleRunUsd,
      transfer_usd: cost.transferUsd,
      downtime_usd: cost.downtimeUsd,
      downtime_seconds: cost.downtimeSeconds,
      losses: cost.losses,
      lost_at: cost.lostAt,
      total_usd: cost.totalUsd,
      usd_per_hour: cost.usdPerHour,
      estimated: cost.estimated,
    },
    hindsight:
      hindsight === null
        ? null
        : {
            target: toChoice(hindsight.target),
            standby: toChoice(hindsight.standby),
            usd_per_hour: hindsight.usdPerHour,
          },
    regret_usd_per_hour: regretUsdPerHour,
    happened:
      happened === null
        ? null
        : {
            machine_usd_per_hour: happened.machineUsdPerHour,
            changes_of_primary: happened.changesOfPrimary,
          },
  };
}

function toEngine({ engineId, ...engine }: AdviceView['engine']): AdviceItem['engine'] {
  return {
    engine_id: engineId,
    kind: engine.kind,
    name: engine.name,
    version: engine.version,
    sha256: engine.sha256,
  };
}

function toChoice(place: { readonly mode: string; readonly poolId: string } | null): AdviceItem['target'] {
  return place === null ? null : { mode: place.mode, pool_id: place.poolId };
}
