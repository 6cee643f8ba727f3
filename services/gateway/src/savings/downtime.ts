import type { SwitchView } from '@spotopt/contracts';
import { downtimeSeconds } from '../switch-downtime.js';

export interface DowntimeFigures {
  readonly average: number | null;
  readonly deviation: number | null;
  readonly p95: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly total: number;
}

const MILLISECONDS = 3;

function rounded(seconds: number): number {
  return Number(seconds.toFixed(MILLISECONDS));
}

/** In seconds, of the switches that measured a downtime; the 95th percentile is one of the measured values. */
export function downtimeOf(switches: readonly SwitchView[]): DowntimeFigures {
  const seconds = downtimeSeconds(switches);
  const total = seconds.reduce((sum, one) => sum + one, 0);
  const { length } = seconds;
  if (length === 0) return { average: null, deviation: null, p95: null, min: null, max: null, total: 0 };
  const average = total / length;
  const variance = seconds.reduce((sum, one) => sum + (one - average) ** 2, 0) / length;
  return {
    average: rounded(average),
    deviation: rounded(Math.sqrt(variance)),
    p95: seconds[Math.ceil(length * 0.95) - 1] ?? null,
    min: seconds[0] ?? null,
    max: seconds[length - 1] ?? null,
    total: rounded(total),
  };
}

/** Change of the average in percent; null when there is nothing to compare. */
export function trendPercent(now: number | null, before: number | null): number | null {
  if (now === null || before === null || before === 0) return null;
  return Number((((now - before) / before) * 100).toFixed(2));
}
