export interface PriceStep {
  readonly atMs: number;
  readonly usdPerHour: number;
}

/** What is known of a spot pool over a stretch of time. */
export interface PoolCourse {
  readonly poolId: string;
  /** Each price holds until the next one. Oldest first. */
  readonly prices: readonly PriceStep[];
  /** When it took machines of the fleet back, oldest first. */
  readonly takenBackAtMs: readonly number[];
  /** Up to when the last read of prices covers every change; null when they were never read. */
  readonly readUntilMs: number | null;
  /** A price above it is no price that a machine can be had for; null when it is not known. */
  readonly capUsdPerHour: number | null;
}

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

export type UnknownReason =
  | 'price-unknown'
  | 'prices-not-read'
  | 'on-demand-price-unknown'
  | 'placement-unknown'
  | 'no-primary'
  | 'decision-gone'
  | 'not-computable';

const HOUR_MS = 3_600_000;

/** Why nothing can be said of the pool over the window; null when everything is known. */
export function missingIn(course: PoolCourse | undefined, window: Window): UnknownReason | null {
  const first = course?.prices[0];
  if (course === undefined || first === undefined || first.atMs > window.fromMs) return 'price-unknown';
  return course.readUntilMs === null || course.readUntilMs < window.toMs ? 'prices-not-read' : null;
}

/** What one machine costs over the window: the integral of the price. The course must cover it. */
export function usdOver({ prices }: PoolCourse, { fromMs, toMs }: Window): number {
  let usd = 0;
  for (const [index, { atMs, usdPerHour }] of prices.entries()) {
    const start = Math.max(atMs, fromMs);
    const end = Math.min(prices[index + 1]?.atMs ?? Number.POSITIVE_INFINITY, toMs);
    if (end > start) usd += (usdPerHour * (end - start)) / HOUR_MS;
  }
  return usd;
}

/** The price that holds at this time. The course must begin before it. */
export function usdPerHourAt({ prices }: PoolCourse, atMs: number): number {
  return prices.findLast((step) => step.atMs <= atMs)?.usdPerHour ?? Number.NaN;
}

/** When a machine that is there at the beginning of the window is lost first; null when it lasts. */
export function firstLossMs(course: PoolCourse, { fromMs, toMs }: Window): number | null {
  const within = (atMs: number): boolean => atMs > fromMs && atMs <= toMs;
  const taken = course.takenBackAtMs.find(within);
  const pricedOut = course.prices.find(
    ({ atMs, usdPerHour }) => within(atMs) && isPricedOut(course, usdPerHour),
  );
  const times = [taken, pricedOut?.atMs].filter((atMs) => atMs !== undefined);
  return times.length === 0 ? null : Math.min(...times);
}

/** Whether a machine in the pool is of no use around this time, because it was just lost as well. */
export function isLostAround(course: PoolCourse, { fromMs, toMs }: Window): boolean {
  const taken = course.takenBackAtMs.some((atMs) => atMs > fromMs && atMs <= toMs);
  return taken || isPricedOut(course, usdPerHourAt(course, toMs));
}

function isPricedOut({ capUsdPerHour }: PoolCourse, usdPerHour: number): boolean {
  return capUsdPerHour !== null && usdPerHour > capUsdPerHour;
}
