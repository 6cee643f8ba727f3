import {
  bigintColumn,
  boolColumn,
  idColumn,
  instantColumn,
  intColumn,
  jsonColumn,
  moneyColumn,
  stringColumn,
} from '@spotopt/persistence';
import { Mode } from '@spotopt/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { FigureColumns, figuresOfColumns } from './figure-columns.store.js';
import { microUsdOf, usdOf } from './money.js';
import type { ClosedDay, PricedLine } from './ports.js';

@Entity('ledger_day')
export class LedgerDayRow extends FigureColumns {
  @PrimaryColumn(idColumn({ name: 'agent_id' })) agentId!: string;
  @PrimaryColumn(stringColumn(10)) day!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(intColumn()) revision!: number;
  @Column(instantColumn({ name: 'closed_at' })) closedAt!: Date;
  @Column(moneyColumn({ name: 'counterfactual_usd', nullable: true })) counterfactualUsd!: number | null;
}

@Entity('ledger_closing')
export class LedgerClosingRow extends FigureColumns {
  @PrimaryColumn(idColumn({ name: 'agent_id' })) agentId!: string;
  @PrimaryColumn(stringColumn(10)) day!: string;
  @PrimaryColumn(intColumn()) revision!: number;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(instantColumn({ name: 'closed_at' })) closedAt!: Date;
  @Column(moneyColumn({ name: 'counterfactual_usd', nullable: true })) counterfactualUsd!: number | null;
  @Column(jsonColumn()) changed!: unknown;
}

@Entity('ledger_line')
export class LedgerLineRow {
  @PrimaryColumn(idColumn({ name: 'agent_id' })) agentId!: string;
  @PrimaryColumn(stringColumn(10)) day!: string;
  @PrimaryColumn(intColumn({ name: 'line_no' })) lineNo!: number;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(idColumn({ name: 'instance_id' })) instanceId!: string;
  @Column(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @Column(stringColumn(16)) mode!: string;
  @Column(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(stringColumn(16)) purpose!: string;
  @Column(instantColumn({ name: 'from_at' })) fromAt!: Date;
  @Column(instantColumn({ name: 'to_at' })) toAt!: Date;
  @Column(moneyColumn({ name: 'cost_usd' })) costUsd!: number;
  @Column(moneyColumn({ name: 'on_demand_usd' })) onDemandUsd!: number;
  @Column(moneyColumn({ name: 'counterfactual_usd', nullable: true })) counterfactualUsd!: number | null;
  @Column(bigintColumn({ name: 'filled_ms' })) filledMs!: number;
  @Column(bigintColumn({ name: 'carried_ms' })) carriedMs!: number;
  @Column(bigintColumn({ name: 'unpriced_ms' })) unpricedMs!: number;
  @Column(boolColumn()) estimated!: boolean;
}

export function toLineRow(day: string, line: PricedLine, lineNo: number): LedgerLineRow {
  const { fromMs, toMs, costMicroUsd, onDemandMicroUsd, counterfactualMicroUsd, ...rest } = line;
  return {
    ...rest,
    day,
    lineNo,
    fromAt: new Date(fromMs),
    toAt: new Date(toMs),
    costUsd: usdOf(costMicroUsd),
    onDemandUsd: usdOf(onDemandMicroUsd),
    counterfactualUsd: counterfactualMicroUsd === null ? null : usdOf(counterfactualMicroUsd),
  };
}

export function toLine(row: LedgerLineRow): PricedLine {
  const { agentId, clientId, instanceId, ec2InstanceId, poolId } = row;
  return {
    ...{ agentId, clientId, instanceId, ec2InstanceId, poolId },
    mode: Mode.parse(row.mode),
    purpose: row.purpose as PricedLine['purpose'],
    fromMs: row.fromAt.getTime(),
    toMs: row.toAt.getTime(),
    costMicroUsd: microUsdOf(row.costUsd),
    onDemandMicroUsd: microUsdOf(row.onDemandUsd),
    counterfactualMicroUsd: row.counterfactualUsd === null ? null : microUsdOf(row.counterfactualUsd),
    filledMs: row.filledMs,
    carriedMs: row.carriedMs,
    unpricedMs: row.unpricedMs,
    // SQLite keeps truth as a number.
    estimated: Boolean(row.estimated),
  };
}

export function toClosedDay(row: LedgerDayRow | LedgerClosingRow): ClosedDay {
  const { agentId, clientId, day, revision, closedAt, counterfactualUsd } = row;
  return {
    ...{ agentId, clientId, day, revision, closedAt },
    figures: figuresOfColumns(row),
    counterfactualMicroUsd: counterfactualUsd === null ? null : microUsdOf(counterfactualUsd),
  };
}
