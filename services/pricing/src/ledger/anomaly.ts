const WINDOW_DAYS = 28;
const LEAST_DAYS = 7;
const LIMIT = 3.5;
/** Makes the median absolute deviation comparable to a standard deviation. */
const MAD_TO_SIGMA = 0.6745;
const LEAST_SHARE = 0.1;
const LEAST_USD = 0.01;

export interface DailyCost {
  readonly day: string;
  readonly actualUsd: number;
  readonly open: boolean;
}

/**
 * Whether the last day's cost is far from what the closed ones of the 28 before it let expect: a modified z-score
 * (Iglewicz and Hoaglin, 1993: 0.6745 × distance from the median / median absolute deviation) beyond 3.5, and off
 * by at least 10 % and a cent, because a steady workload has a deviation of almost nothing. False with fewer than
 * seven days to go by. A running day is not complete, so it can only be too dear.
 * @param trailing the days before, oldest first
 */
export function isAnomalous(day: DailyCost, trailing: readonly DailyCost[]): boolean {
  const known = trailing
    .slice(-WINDOW_DAYS)
    .filter(({ open }) => !open)
    .map(({ actualUsd }) => actualUsd);
  if (known.length < LEAST_DAYS) return false;
  const median = medianOf(known);
  const deviation = medianOf(known.map((usd) => Math.abs(usd - median)));
  const offUsd = day.actualUsd - median;
  if (day.open && offUsd < 0) return false;
  if (Math.abs(offUsd) < Math.max(LEAST_USD, LEAST_SHARE * median)) return false;
  return MAD_TO_SIGMA * Math.abs(offUsd) > LIMIT * deviation;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = low] =
    sorted.length % 2 === 1 ? [sorted[middle]] : sorted.slice(middle - 1, middle + 1);
  return (low + high) / 2;
}
