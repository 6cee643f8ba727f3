import { addDays, DAY_MS, dayOf, daysFrom, earlierDay, laterDay } from './day.js';
import type { LedgerAgent } from './ports.js';

/** Closed days that are worked out again every night: prices and events may come late. */
export const REVIEW_DAYS = 7;

/**
 * Days before `today` to close: every one that is not closed or changed since, and the last seven again. None
 * before the first machine.
 */
export function daysToClose(
  { firstDay, nextDay }: Pick<LedgerAgent, 'firstDay' | 'nextDay'>,
  today: string,
): string[] {
  if (firstDay === null) return [];
  const from = earlierDay(nextDay ?? firstDay, addDays(today, -REVIEW_DAYS));
  return daysFrom(laterDay(firstDay, from), addDays(today, -1));
}

/** Prices are deleted hour by hour while days are closed: nothing is worked out from the oldest day of them. */
const INCOMPLETE_DAYS = 1;

/** The first day that begins within the time for which prices are kept for sure. */
export function firstPricedDay(nowMs: number, priceRetentionDays: number): string {
  return addDays(dayOf(nowMs - (priceRetentionDays - INCOMPLETE_DAYS) * DAY_MS), 1);
}
