const LEAST_DAYS = 6;
const STABLE_SHARE = 0.1;
const STABLE_USD = 0.01;

export type Trend = 'rising' | 'falling' | 'stable' | 'unknown';

/**
 * Where daily savings go: a straight line is fitted by least squares, and its change from the first day to the
 * last is compared with the mean size of a day's savings. Less than 10 % of that, or less than a cent, is stable.
 * @param savingsUsd of closed days, oldest first; `unknown` with fewer than six
 */
export function trendOf(savingsUsd: readonly number[]): Trend {
  const days = savingsUsd.length;
  if (days < LEAST_DAYS) return 'unknown';
  const changeUsd = slopeOf(savingsUsd) * (days - 1);
  const meanSize = savingsUsd.reduce((sum, usd) => sum + Math.abs(usd), 0) / days;
  if (Math.abs(changeUsd) < Math.max(STABLE_USD, STABLE_SHARE * meanSize)) return 'stable';
  return changeUsd > 0 ? 'rising' : 'falling';
}

/** Change per position. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let above = 0;
  let below = 0;
  for (const [index, value] of values.entries()) {
    above += (index - middle) * (value - mean);
    below += (index - middle) ** 2;
  }
  return above / below;
}
