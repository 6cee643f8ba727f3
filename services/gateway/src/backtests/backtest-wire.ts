import type { BacktestRequest, BacktestView } from '@spotopt/contracts';
import type { BacktestItem } from '@spotopt/contracts/http';

interface WireChoice {
  readonly engines: readonly string[];
  readonly region?: string | null | undefined;
  readonly instance_type: string;
  readonly from?: string | null | undefined;
  readonly to?: string | null | undefined;
  readonly days?: number | null | undefined;
  readonly pools?: readonly string[] | null | undefined;
  readonly downtime_usd_per_minute?: number | null | undefined;
  readonly on_demand_usd_per_hour?: number | null | undefined;
  readonly step_seconds?: number | null | undefined;
}

const DEFAULT_STEP_SECONDS = 300;

export function toBacktestRequest(choice: WireChoice): BacktestRequest {
  return {
    engines: [...choice.engines],
    region: choice.region ?? null,
    instanceType: choice.instance_type,
    from: choice.from ?? null,
    to: choice.to ?? null,
    days: choice.days ?? null,
    poolIds: choice.pools == null ? null : [...choice.pools],
    downtimeUsdPerMinute: choice.downtime_usd_per_minute ?? null,
    onDemandUsdPerHour: choice.on_demand_usd_per_hour ?? null,
    stepSeconds: choice.step_seconds ?? DEFAULT_STEP_SECONDS,
  };
}

export function toBacktestItem(backtest: BacktestView): BacktestItem {
  const { backtestId, state, progress, request, imported, createdAt, startedAt, finishedAt, error } =
    backtest;
  return {
    id: backtestId,
    state,
    progress,
    engines: request.engines,
    region: request.region,
    instance_type: request.instanceType,
    imported,
    created_at: createdAt,
    started_at: startedAt,
    finished_at: finishedAt,
    message: error,
  };
}
