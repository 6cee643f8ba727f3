import type { BacktestFigures, BacktestResult, BacktestRow } from '../rpc/backtest.rpc.js';
import type { BacktestReport, BacktestTableRow } from './backtests.http.js';

/** A result in the words of the API. */
export function backtestReportOf(result: BacktestResult): BacktestReport {
  const { rows, optimum, onDemand } = result;
  const played = rows.flatMap((row) =>
    row.played === null ? [] : [[row.engine, row.played.costUsd] as const],
  );
  return {
    source: result.source,
    from: result.from,
    to: result.to,
    step_seconds: result.stepSeconds,
    steps: result.steps,
    pools: result.poolIds,
    on_demand_usd_per_hour: onDemand.usdPerHour,
    on_demand_cost_usd: onDemand.costUsd,
    downtime_usd_per_minute: result.downtimeUsdPerMinute,
    table: [...rows.map(tableRow), optimumRow(result)],
    times: result.times,
    cost_usd: Object.fromEntries([...played, ['optimum', optimum.costUsd] as const]),
    marks: Object.fromEntries(rows.map(({ engine, marks }) => [engine, marks])),
    notes: result.notes,
  };
}

function tableRow(row: BacktestRow): BacktestTableRow {
  return {
    engine: row.engine,
    role: row.role,
    ...figuresOf(row.played?.figures ?? null),
    score_to_live: row.scoreToLive,
    score_to_optimum: row.scoreToOptimum,
    faults: row.faults,
    message: row.error,
  };
}

function optimumRow({ optimum, rows }: BacktestResult): BacktestTableRow {
  const live = rows.find(({ role }) => role === 'live')?.played?.figures.score ?? null;
  return {
    engine: 'optimum',
    role: 'optimum',
    ...figuresOf(optimum.figures),
    score_to_live: live === null ? null : optimum.figures.score - live,
    score_to_optimum: 0,
    faults: 0,
    message: null,
  };
}

type ShownFigures = Pick<
  BacktestTableRow,
  | 'cost_usd'
  | 'cost_ratio'
  | 'availability'
  | 'downtime_seconds'
  | 'switches'
  | 'interruptions'
  | 'survived'
  | 'score'
>;

const NO_FIGURES: ShownFigures = {
  cost_usd: null,
  cost_ratio: null,
  availability: null,
  downtime_seconds: null,
  switches: null,
  interruptions: null,
  survived: null,
  score: null,
};

function figuresOf(figures: BacktestFigures | null): ShownFigures {
  if (figures === null) return NO_FIGURES;
  const { availability, switches, interruptions, survived, score } = figures;
  return {
    cost_usd: figures.costUsd,
    cost_ratio: figures.costRatio,
    availability,
    downtime_seconds: figures.downtimeSeconds,
    ...{ switches, interruptions, survived, score },
  };
}
