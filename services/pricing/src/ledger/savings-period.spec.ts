import { describe, expect, it } from '@jest/globals';
import { isAnomalous } from './anomaly.js';
import { daysToClose, firstPricedDay } from './closing-plan.js';
import { addDays, daysFrom } from './day.js';
import { NO_FIGURES } from './figures.js';
import { periodOf, projectionOf, type ReportDay } from './savings-period.js';
import { trendOf } from './trend.js';

function dayAt(day: string, primaryMicroUsd: number, change: Partial<ReportDay> = {}): ReportDay {
  return {
    day,
    figures: { ...NO_FIGURES, onDemandMicroUsd: 1_000_000, primaryMicroUsd },
    ...{ counterfactualMicroUsd: 1_000_000, settledMicroUsd: null },
    ...{ open: false, revised: false, anomaly: false },
    ...change,
  };
}

describe('a period', () => {
  it('keeps a loss a loss', () => {
    const period = periodOf('2026-11', [dayAt('2026-11-01', 1_300_000), dayAt('2026-11-02', 900_000)]);
    expect(period).toMatchObject({ savingsUsd: -0.2, savingsPercent: -10, actualUsd: 2.2 });
  });

  it('has no percentage without anything to compare with', () => {
    expect(periodOf('2026-11', []).savingsPercent).toBeNull();
    expect(periodOf('2026-11', [])).toMatchObject({ settledActualUsd: null, settledSavingsUsd: null });
  });

  it('is settled only as a whole, and saves only where the counterfactual is sure', () => {
    const settled = dayAt('2026-11-01', 0, { settledMicroUsd: 400_000 });
    const unsure = { ...settled, day: '2026-11-02', counterfactualMicroUsd: null };
    expect(periodOf('x', [settled, settled])).toMatchObject({
      settledActualUsd: 0.8,
      settledSavingsUsd: 1.2,
    });
    expect(periodOf('x', [settled, dayAt('2026-11-03', 0)]).settledActualUsd).toBeNull();
    expect(periodOf('x', [settled, unsure])).toMatchObject({
      settledActualUsd: 0.8,
      settledSavingsUsd: null,
    });
  });
});

describe('a projection', () => {
  const at = (text: string): number => Date.parse(`2026-11-${text}:00.000Z`);

  it('counts the first day from the first machine and the running day up to now', () => {
    const days = [dayAt('2026-11-03', 300_000), dayAt('2026-11-04', 600_000), dayAt('2026-11-05', 300_000)];
    const projection = projectionOf(days, { firstUseMs: at('03T12:00'), nowMs: at('05T12:00') });
    // 1.2 in two days
    expect(projection).toEqual({
      ...{ period: '2026-11', daysKnown: 2, daysInMonth: 30 },
      ...{ actualUsd: 18, onDemandUsd: 45, savingsUsd: 27 },
    });
  });

  it('knows that a day on which nothing ran cost nothing', () => {
    const days = [dayAt('2026-11-02', 300_000), dayAt('2026-11-05', 300_000)];
    const projection = projectionOf(days, { firstUseMs: 0, nowMs: at('07T00:00') });
    // 0.6 in six days
    expect(projection).toMatchObject({ daysKnown: 6, actualUsd: 3, onDemandUsd: 10 });
    const over = projectionOf(days, { firstUseMs: 0, nowMs: Date.parse('2026-12-05T00:00:00.000Z') });
    expect(over).toMatchObject({ daysKnown: 30, actualUsd: 0.6 });
  });

  it('needs something to go by', () => {
    expect(projectionOf([], { firstUseMs: 0, nowMs: at('05T12:00') })).toBeNull();
  });
});

describe('a trend', () => {
  it.each([
    ['unknown', [1, 2, 3, 4, 5]],
    ['rising', [1, 1.1, 1.2, 1.3, 1.4, 1.5]],
    ['falling', [1.5, 1.4, 1.3, 1.2, 1.1, 1]],
    ['falling', [0.1, 0.05, 0, -0.05, -0.1, -0.15]],
    ['stable', [1, 1.01, 0.99, 1, 1.02, 1]],
    ['stable', [0.0001, 0.0002, 0.0003, 0.0004, 0.0005, 0.0006]],
    ['stable', [0, 0, 0, 0, 0, 0]],
  ])('is %s for %j', (trend, savingsUsd) => {
    expect(trendOf(savingsUsd)).toBe(trend);
  });
});

describe('an anomaly', () => {
  const costs = (usd: readonly number[], open = false) =>
    usd.map((actualUsd) => ({ day: '', actualUsd, open }));
  const isOdd = (actualUsd: number, trailing: readonly number[], open = false): boolean =>
    isAnomalous({ day: '', actualUsd, open }, costs(trailing));
  const steady = [1, 1, 1, 1, 1, 1, 1];
  const restless = [0.6, 0.8, 1, 1.2, 1.4, 0.7, 1.3];

  it.each([
    ['far above a steady cost', isOdd(1.5, steady), true],
    ['far below it', isOdd(0.5, steady), true],
    ['within ten percent', isOdd(1.09, steady), false],
    ['within a cent', isOdd(0.019, [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01]), false],
    ['within what is usual', isOdd(1.5, restless), false],
    ['beyond what is usual', isOdd(3, restless), true],
    ['with too little to go by', isOdd(9, steady.slice(1)), false],
    ['a running day that is not over', isOdd(0.2, steady, true), false],
    ['a running day that is too dear already', isOdd(1.5, steady, true), true],
  ])('is or is not one: %s', (_name, odd, expected) => {
    expect(odd).toBe(expected);
  });

  it('is measured by the last 28 closed days', () => {
    const long = [...Array<number>(20).fill(5), ...Array<number>(28).fill(1)];
    expect(isOdd(1, long)).toBe(false);
    const running = [...costs(steady.slice(1)), ...costs([1], true)];
    expect(isAnomalous({ day: '', actualUsd: 9, open: false }, running)).toBe(false);
  });
});

describe('the days to close', () => {
  const agent = (firstDay: string | null, nextDay: string | null) => ({
    ...{ agentId: 'agent-1', clientId: 'client-1' },
    ...{ firstDay, nextDay },
  });
  const today = '2026-11-21';

  it('are all of a new workload', () => {
    expect(daysToClose(agent('2026-10-30', null), today)).toEqual(daysFrom('2026-10-30', '2026-11-20'));
    expect(daysToClose(agent(null, null), today)).toEqual([]);
    expect(daysToClose(agent(today, null), today)).toEqual([]);
  });

  it('are the last seven of one that is up to date, and none before its first', () => {
    expect(daysToClose(agent('2026-10-01', '2026-11-20'), today)).toEqual(
      daysFrom('2026-11-14', '2026-11-20'),
    );
    expect(daysToClose(agent('2026-11-18', '2026-11-20'), today)).toEqual(
      daysFrom('2026-11-18', '2026-11-20'),
    );
  });

  it('have all of their prices, with a day to spare', () => {
    // Prices from the 24th at 00:20 on are there.
    const nowMs = Date.parse('2026-12-24T00:20:00.000Z');
    expect(firstPricedDay(nowMs, 30)).toBe('2026-11-26');
  });

  it('begin where something changed', () => {
    expect(daysToClose(agent('2026-10-01', '2026-10-20'), today)).toHaveLength(32);
    expect(addDays('2026-10-20', 32)).toBe(today);
  });
});
