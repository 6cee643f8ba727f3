import { bigintColumn, intColumn, moneyColumn } from '@spotopt/persistence';
import { Column } from 'typeorm';
import { type Figures, sumOf } from './figures.js';
import { microUsdOf, usdOf } from './money.js';

/** Figures at rest: dollars as decimals, time in whole milliseconds. */
export abstract class FigureColumns {
  @Column(moneyColumn({ name: 'on_demand_usd' })) onDemandUsd!: number;
  @Column(moneyColumn({ name: 'primary_usd' })) primaryUsd!: number;
  @Column(moneyColumn({ name: 'standby_usd' })) standbyUsd!: number;
  @Column(moneyColumn({ name: 'switch_usd' })) switchUsd!: number;
  @Column(moneyColumn({ name: 'interruption_usd' })) interruptionUsd!: number;
  @Column(moneyColumn({ name: 'estimated_savings_usd' })) estimatedSavingsUsd!: number;
  @Column(bigintColumn({ name: 'spot_ms' })) spotMs!: number;
  @Column(bigintColumn({ name: 'on_demand_ms' })) onDemandMs!: number;
  @Column(bigintColumn({ name: 'standby_ms' })) standbyMs!: number;
  @Column(bigintColumn({ name: 'filled_ms' })) filledMs!: number;
  @Column(bigintColumn({ name: 'unpriced_ms' })) unpricedMs!: number;
  @Column(intColumn()) switches!: number;
  @Column(intColumn()) interruptions!: number;
  @Column(bigintColumn({ name: 'downtime_ms' })) downtimeMs!: number;
}

const MONEY = {
  onDemandMicroUsd: 'on_demand_usd',
  primaryMicroUsd: 'primary_usd',
  standbyMicroUsd: 'standby_usd',
  switchMicroUsd: 'switch_usd',
  interruptionMicroUsd: 'interruption_usd',
  estimatedSavingsMicroUsd: 'estimated_savings_usd',
} as const;

const COUNTS = {
  spotMs: 'spot_ms',
  onDemandMs: 'on_demand_ms',
  standbyMs: 'standby_ms',
  filledMs: 'filled_ms',
  unpricedMs: 'unpriced_ms',
  switches: 'switches',
  interruptions: 'interruptions',
  downtimeMs: 'downtime_ms',
} as const;

/** `SUM(on_demand_usd) AS on_demand_usd, …` */
export const FIGURE_SUMS = [...Object.values(MONEY), ...Object.values(COUNTS)]
  .map((column) => `SUM(${column}) AS ${column}`)
  .join(', ');

/** A row of `FIGURE_SUMS`. SQLite adds up in floating point, hence the rounding. */
export function figuresOfSums(row: Readonly<Record<string, unknown>>): Figures {
  const figures: Record<string, number> = {};
  for (const [key, column] of Object.entries(MONEY)) figures[key] = microUsdOf(Number(row[column] ?? 0));
  for (const [key, column] of Object.entries(COUNTS)) figures[key] = Number(row[column] ?? 0);
  return sumOf([figures]);
}

export function figuresOfColumns(row: FigureColumns): Figures {
  const { spotMs, onDemandMs, standbyMs, filledMs, unpricedMs, switches, interruptions, downtimeMs } = row;
  return {
    onDemandMicroUsd: microUsdOf(row.onDemandUsd),
    primaryMicroUsd: microUsdOf(row.primaryUsd),
    standbyMicroUsd: microUsdOf(row.standbyUsd),
    switchMicroUsd: microUsdOf(row.switchUsd),
    interruptionMicroUsd: microUsdOf(row.interruptionUsd),
    estimatedSavingsMicroUsd: microUsdOf(row.estimatedSavingsUsd),
    ...{ spotMs, onDemandMs, standbyMs, filledMs, unpricedMs, switches, interruptions, downtimeMs },
  };
}

export function toColumns(figures: Figures): FigureColumns {
  const { spotMs, onDemandMs, standbyMs, filledMs, unpricedMs, switches, interruptions, downtimeMs } =
    figures;
  return {
    onDemandUsd: usdOf(figures.onDemandMicroUsd),
    primaryUsd: usdOf(figures.primaryMicroUsd),
    standbyUsd: usdOf(figures.standbyMicroUsd),
    switchUsd: usdOf(figures.switchMicroUsd),
    interruptionUsd: usdOf(figures.interruptionMicroUsd),
    estimatedSavingsUsd: usdOf(figures.estimatedSavingsMicroUsd),
    ...{ spotMs, onDemandMs, standbyMs, filledMs, unpricedMs, switches, interruptions, downtimeMs },
  };
}
