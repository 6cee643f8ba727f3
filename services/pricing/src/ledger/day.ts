export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

/** The UTC day that contains the moment, as `2026-11-21`. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

export function startOfDayMs(day: string): number {
  return Date.parse(`${day}T00:00:00.000Z`);
}

export function addDays(day: string, days: number): string {
  return dayOf(startOfDayMs(day) + days * DAY_MS);
}

/** From the first to the last, both included; none when the last is before the first. */
export function daysFrom(first: string, last: string): string[] {
  const days: string[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) days.push(day);
  return days;
}

/** `2026-11`. */
export function monthOf(day: string): string {
  return day.slice(0, 7);
}

export function firstDayOfMonth(day: string): string {
  return `${monthOf(day)}-01`;
}

export function daysInMonth(day: string): number {
  const [year = 0, month = 0] = day.split('-').map(Number);
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

export function earlierDay(a: string, b: string): string {
  return a < b ? a : b;
}

export function laterDay(a: string, b: string): string {
  return a > b ? a : b;
}
