import { invalidRequest } from '../invalid-body.js';

/** The even grid of a chart; instants are ISO. */
export interface ChartGrid {
  readonly from: string;
  readonly to: string;
  readonly stepSeconds: number;
}

export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

const HOUR_MS = 3_600_000;
/** Consolidated prices stay this long (CT-96). */
const MAX_WINDOW_HOURS = 90 * 24;
const STEPS_SECONDS = [300, 900, 3_600, 21_600, 86_400] as const;
/** More points than a chart has pixels for only cost time. */
const CHART_POINTS = 300;
const MAX_POINTS = 5_000;

export function lastHours(nowMs: number, hours: number): TimeWindow {
  return { fromMs: nowMs - hours * HOUR_MS, toMs: nowMs };
}

/**
 * The window that a query asks for; the last `defaultHours` when it says nothing.
 * @throws AppError `invalid-request` (permanent) that names the end of the window which is wrong
 */
export function windowOf(
  query: { readonly from?: string | undefined; readonly to?: string | undefined },
  { nowMs, defaultHours }: { nowMs: number; defaultHours: number },
): TimeWindow {
  const toMs = query.to === undefined ? nowMs : Date.parse(query.to);
  const fromMs = query.from === undefined ? toMs - defaultHours * HOUR_MS : Date.parse(query.from);
  if (fromMs >= toMs) throw invalidRequest([{ path: ['from'], message: 'must be before the end' }]);
  if (toMs - fromMs > MAX_WINDOW_HOURS * HOUR_MS) {
    throw invalidRequest([{ path: ['from'], message: 'a window has at most 90 days' }]);
  }
  return { fromMs, toMs };
}

/**
 * For a window of any length, each end of which may be open.
 * @throws AppError `invalid-request` (permanent) that names the beginning
 */
export function assertOrder({
  from,
  to,
}: {
  readonly from?: string | null | undefined;
  readonly to?: string | null | undefined;
}): void {
  if (from == null || to == null || Date.parse(from) <= Date.parse(to)) return;
  throw invalidRequest([{ path: ['from'], message: 'must not be after the end' }]);
}

/**
 * Steps of the window; the first one may begin before it.
 * @throws AppError `invalid-request` (permanent) for a step too small for the window
 */
export function gridOf({ fromMs, toMs }: TimeWindow, stepSeconds?: number): ChartGrid {
  const seconds = (toMs - fromMs) / 1_000;
  const step = stepSeconds ?? STEPS_SECONDS.find((width) => seconds / width <= CHART_POINTS) ?? 86_400;
  if (seconds / step > MAX_POINTS) {
    const message = `makes more than ${String(MAX_POINTS)} points; ask for a wider step`;
    throw invalidRequest([{ path: ['step_seconds'], message }]);
  }
  const stepMs = step * 1_000;
  return {
    from: new Date(Math.floor(fromMs / stepMs) * stepMs).toISOString(),
    to: new Date(toMs).toISOString(),
    stepSeconds: step,
  };
}
