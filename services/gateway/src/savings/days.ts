const DAY_MS = 86_400_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** UTC days as `2026-11-21`. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

export function daysBefore(day: string, days: number): string {
  return dayOf(Date.parse(day) - days * DAY_MS);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

/** First day of the month that lies `monthsBack` before the one of `day`. */
export function monthStart(day: string, monthsBack = 0): string {
  const date = new Date(day);
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - monthsBack, 1));
}

/** First day of the earliest month of which none lies before `day`. */
export function firstWholeMonth(day: string): string {
  const start = monthStart(day);
  return start === day ? day : monthStart(day, -1);
}

export function monthName(period: string): string {
  return MONTHS[Number(period.slice(5, 7)) - 1] ?? period;
}

/** For an axis: `Nov 2026` for a month, `21 Nov 2026` for a day. */
export function periodName(period: string): string {
  const day = period.length > 7 ? `${String(Number(period.slice(8, 10)))} ` : '';
  return `${day}${monthName(period)} ${period.slice(0, 4)}`;
}
