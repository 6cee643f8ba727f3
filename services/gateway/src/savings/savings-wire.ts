import type { LedgerDay, RpcResponse, SavingsPeriod, SavingsReport } from '@spotopt/contracts';
import type { CostsRoute, ResponseOf, SavingsItem } from '@spotopt/contracts/http';
import { periodName } from './days.js';

type Day = RpcResponse<typeof LedgerDay>;
type Costs = ResponseOf<typeof CostsRoute>;
type Figures = Day['closings'][number]['figures'];
type SavingsDetail = Pick<
  SavingsItem,
  | 'savings_percent'
  | 'standby_cost'
  | 'switch_cost'
  | 'interruption_cost'
  | 'estimated_savings'
  | 'filled_hours'
  | 'unpriced_hours'
  | 'settled_actual_cost'
  | 'settled_savings'
  | 'open'
  | 'revised'
  | 'anomaly'
> &
  Record<string, number | boolean | null>;
type Projection = RpcResponse<typeof SavingsReport>['projection'];

/** What a total and each of its periods say beside the main amounts. */
export function savingsDetail(period: SavingsPeriod): SavingsDetail {
  return {
    savings_percent: period.savingsPercent,
    primary_cost: period.primaryUsd,
    standby_cost: period.standbyUsd,
    switch_cost: period.switchUsd,
    interruption_cost: period.interruptionUsd,
    estimated_savings: period.estimatedSavingsUsd,
    filled_hours: period.filledHours,
    unpriced_hours: period.unpricedHours,
    spot_hours: period.spotHours,
    on_demand_hours: period.onDemandHours,
    standby_hours: period.standbyHours,
    settled_actual_cost: period.settledActualUsd,
    settled_savings: period.settledSavingsUsd,
    switches: period.switches,
    interruptions: period.interruptions,
    downtime_seconds: period.downtimeMs / 1_000,
    open: period.open,
    revised: period.revised,
    anomaly: period.anomaly,
  };
}

export function toSavingsItem(period: SavingsPeriod): SavingsItem {
  return {
    name: periodName(period.period),
    period: period.period,
    savings: period.savingsUsd,
    onDemandCost: period.onDemandUsd,
    modelCost: period.actualUsd,
    ...savingsDetail(period),
  };
}

export function toProjection(projection: Projection): Record<string, string | number> | null {
  if (projection === null) return null;
  return {
    month: projection.period,
    actual_cost: projection.actualUsd,
    on_demand_cost: projection.onDemandUsd,
    savings: projection.savingsUsd,
    days_known: projection.daysKnown,
    days_in_month: projection.daysInMonth,
  };
}

function toFigures(figures: Figures): Record<string, number> {
  return {
    on_demand_usd: figures.onDemandUsd,
    actual_usd: figures.actualUsd,
    primary_usd: figures.primaryUsd,
    standby_usd: figures.standbyUsd,
    switch_usd: figures.switchUsd,
    interruption_usd: figures.interruptionUsd,
    savings_usd: figures.savingsUsd,
    estimated_savings_usd: figures.estimatedSavingsUsd,
    spot_hours: figures.spotHours,
    on_demand_hours: figures.onDemandHours,
    standby_hours: figures.standbyHours,
    filled_hours: figures.filledHours,
    unpriced_hours: figures.unpricedHours,
    switches: figures.switches,
    interruptions: figures.interruptions,
    downtime_seconds: figures.downtimeMs / 1_000,
  };
}

function toLine(line: Day['lines'][number]): Costs['lines'][number] {
  return {
    agent_id: line.agentId,
    instance_id: line.ec2InstanceId,
    machine_id: line.instanceId,
    mode: line.mode,
    pool_id: line.poolId,
    purpose: line.purpose,
    from: line.from,
    to: line.to,
    hours: line.hours,
    cost_usd: line.costUsd,
    on_demand_usd: line.onDemandUsd,
    filled_hours: line.filledHours,
    carried_hours: line.carriedHours,
    unpriced_hours: line.unpricedHours,
    estimated: line.estimated,
  };
}

export function toCosts({ day, open, lines, closings }: Day): Costs {
  return {
    day,
    open,
    lines: lines.map(toLine),
    closings: closings.map(({ agentId, revision, closedAt, figures, changed }) => ({
      agent_id: agentId,
      revision,
      closed_at: closedAt,
      changed,
      ...toFigures(figures),
    })),
    total: lines.length,
  };
}
