import type { SavingsPeriod } from '@spotopt/contracts';
import { DAY_MS, daysInMonth, firstDayOfMonth, monthOf, startOfDayMs } from './day.js';
import { actualMicroUsdOf, type Figures, savingsMicroUsdOf, sumOf, toLedgerFigures } from './figures.js';
import { type MicroUsd, usdOf } from './money.js';

/** A day of a report: of one workload or of many together. */
export interface ReportDay {
  readonly day: string;
  readonly figures: Figures;
  readonly counterfactualMicroUsd: MicroUsd | null;
  /** What AWS charged; null unless every machine of the day was charged. */
  readonly settledMicroUsd: MicroUsd | null;
  readonly open: boolean;
  readonly revised: boolean;
  readonly anomaly: boolean;
}

/** Days added up under the name of a day, a month or a span. */
export function periodOf(period: string, days: readonly ReportDay[]): SavingsPeriod {
  const figures = sumOf(days.map((day) => day.figures));
  const { onDemandMicroUsd } = figures;
  const percent = (savingsMicroUsdOf(figures) / onDemandMicroUsd) * 100;
  const settled = days.length === 0 ? null : totalOf(days.map((day) => day.settledMicroUsd));
  const counterfactual = totalOf(days.map((day) => day.counterfactualMicroUsd));
  return {
    period,
    ...toLedgerFigures(figures),
    savingsPercent: onDemandMicroUsd === 0 ? null : Math.round(percent * 100) / 100,
    settledActualUsd: settled === null ? null : usdOf(settled),
    settledSavingsUsd: settled === null || counterfactual === null ? null : usdOf(counterfactual - settled),
    open: days.some((day) => day.open),
    revised: days.some((day) => day.revised),
    anomaly: days.some((day) => day.anomaly),
  };
}

/** Null when a part is not known. */
function totalOf(parts: readonly (MicroUsd | null)[]): MicroUsd | null {
  let total = 0;
  for (const part of parts) {
    if (part === null) return null;
    total += part;
  }
  return total;
}

export interface Projection {
  readonly period: string;
  readonly actualUsd: number;
  readonly onDemandUsd: number;
  readonly savingsUsd: number;
  readonly daysKnown: number;
  readonly daysInMonth: number;
}

/**
 * A month's figures if the rest of it is like what is known: the mean per day, times the days of the month. The
 * month is known from its beginning, or from the first machine ever, up to now; a day on which nothing ran is known
 * to cost nothing.
 * @param days of one month on which anything ran, the first one first
 */
export function projectionOf(
  days: readonly ReportDay[],
  { firstUseMs, nowMs }: { readonly firstUseMs: number; readonly nowMs: number },
): Projection | null {
  const [first] = days;
  if (first === undefined) return null;
  const length = daysInMonth(first.day);
  const startMs = startOfDayMs(firstDayOfMonth(first.day));
  const coveredMs = Math.min(startMs + length * DAY_MS, nowMs) - Math.max(startMs, firstUseMs);
  if (coveredMs <= 0) return null;
  const figures = sumOf(days.map((day) => day.figures));
  const daysKnown = coveredMs / DAY_MS;
  const projected = (microUsd: MicroUsd): MicroUsd => Math.round((microUsd / daysKnown) * length);
  const onDemand = projected(figures.onDemandMicroUsd);
  const actual = projected(actualMicroUsdOf(figures));
  return {
    period: monthOf(first.day),
    actualUsd: usdOf(actual),
    onDemandUsd: usdOf(onDemand),
    savingsUsd: usdOf(onDemand - actual),
    daysKnown,
    daysInMonth: length,
  };
}
