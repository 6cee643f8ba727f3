import type { Tx } from '@spotopt/kernel';
import { type DailyCost, isAnomalous } from './anomaly.js';
import { addDays, earlierDay, laterDay } from './day.js';
import { actualMicroUsdOf, sumOf } from './figures.js';
import { type LiveDays, stillOpen } from './live-days.js';
import { usdOf } from './money.js';
import type { DayRange, DaySum, LedgerStore, SettledCostStore } from './ports.js';
import type { ReportDay } from './savings-period.js';

export interface ReportDaysDeps {
  readonly ledger: LedgerStore;
  readonly settled: SettledCostStore;
  readonly live: LiveDays;
}

const TRAILING_DAYS = 28;

/** Puts the closed days and those that are worked out live together. */
export class ReportDays {
  constructor(private readonly deps: ReportDaysDeps) {}

  /** Days of the range on which anything ran or happened, oldest first. */
  async read(tx: Tx, range: DayRange): Promise<ReportDay[]> {
    const wide = { ...range, from: addDays(range.from, -TRAILING_DAYS) };
    const open = await this.deps.live.read(tx, wide);
    const sums = await this.deps.ledger.sumByDay(tx, {
      ...wide,
      to: earlierDay(wide.to, addDays(open.from, -1)),
    });
    const recent = await this.deps.ledger.days(tx, { ...wide, from: laterDay(wide.from, open.from) });
    const live = stillOpen(open.days, recent);
    const settled = await this.deps.settled.sumByDay(tx, range);
    const settledBy = new Map(settled.map(({ day, microUsd }) => [day, microUsd]));
    const parts = Map.groupBy(
      [
        ...sums.map((sum) => ({ ...sum, open: false })),
        ...recent.map((day) => ({ ...day, open: false, revised: day.revision > 1 })),
        ...live.map((day) => ({ ...day, open: true, revised: false })),
      ],
      ({ day }) => day,
    );
    const days = [...parts.keys()].sort();
    const reported = days.map((day) => joined(day, parts.get(day) ?? []));
    const costs: DailyCost[] = reported.map(({ day, figures, open }) => ({
      ...{ day, open },
      actualUsd: usdOf(actualMicroUsdOf(figures)),
    }));
    return reported
      .map((day, index) => ({
        ...day,
        settledMicroUsd: day.open ? null : (settledBy.get(day.day) ?? null),
        anomaly: isAnomalousAt(costs, index),
      }))
      .filter(({ day }) => day >= range.from);
  }
}

function isAnomalousAt(costs: readonly DailyCost[], index: number): boolean {
  const day = costs[index];
  if (day === undefined) return false;
  const earliest = addDays(day.day, -TRAILING_DAYS);
  return isAnomalous(
    day,
    costs.slice(0, index).filter((other) => other.day >= earliest),
  );
}

type Part = DaySum & { readonly open: boolean };

function joined(day: string, parts: readonly Part[]): Omit<ReportDay, 'settledMicroUsd' | 'anomaly'> {
  const isSure = parts.every((part) => part.counterfactualMicroUsd !== null);
  return {
    day,
    figures: sumOf(parts.map((part) => part.figures)),
    counterfactualMicroUsd: isSure
      ? parts.reduce((sum, part) => sum + (part.counterfactualMicroUsd ?? 0), 0)
      : null,
    open: parts.some((part) => part.open),
    revised: parts.some((part) => part.revised),
  };
}
