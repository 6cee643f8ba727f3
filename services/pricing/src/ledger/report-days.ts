import type { Tx } from '@spotopt/kernel';
import { type DailyCost, isAnomalous } from './anomaly.js';
import type { AgentDay } from './compute-days.js';
import { addDays } from './day.js';
import { actualMicroUsdOf, sumOf } from './figures.js';
import type { LiveDays } from './live-days.js';
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
    const closed = await this.deps.ledger.sumByDay(tx, wide);
    const live = Map.groupBy(await this.deps.live.read(tx, wide), (day) => day.day);
    const settled = await this.deps.settled.sumByDay(tx, range);
    const settledBy = new Map(settled.map(({ day, microUsd }) => [day, microUsd]));
    const sums = new Map(closed.map((sum) => [sum.day, sum]));
    const days = [...new Set([...sums.keys(), ...live.keys()])].sort();
    const reported = days.map((day) => joined(day, sums.get(day), live.get(day) ?? []));
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

function joined(
  day: string,
  closed: DaySum | undefined,
  live: readonly AgentDay[],
): Omit<ReportDay, 'settledMicroUsd' | 'anomaly'> {
  const parts = [...(closed === undefined ? [] : [closed]), ...live];
  const isSure = parts.every((part) => part.counterfactualMicroUsd !== null);
  return {
    day,
    figures: sumOf(parts.map((part) => part.figures)),
    counterfactualMicroUsd: isSure
      ? parts.reduce((sum, part) => sum + (part.counterfactualMicroUsd ?? 0), 0)
      : null,
    open: live.length > 0,
    revised: closed?.revised ?? false,
  };
}
