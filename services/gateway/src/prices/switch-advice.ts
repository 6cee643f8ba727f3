import type { PoolFacts } from '@spotopt/contracts';

export type Recommendation = 'strongly_recommended' | 'recommended' | 'neutral' | 'not_recommended';

const STRONG_PERCENT = 30;
const WORTHWHILE_PERCENT = 10;

/**
 * By what a move saves of the present price: 30 % or more strongly recommended, 10 % or more recommended,
 * anything that does not cost more neutral. A price that nobody knows recommends nothing.
 */
export function recommendationOf(savedPercent: number | null): Recommendation {
  if (savedPercent === null || savedPercent < 0) return 'not_recommended';
  if (savedPercent >= STRONG_PERCENT) return 'strongly_recommended';
  return savedPercent >= WORTHWHILE_PERCENT ? 'recommended' : 'neutral';
}

/** Middle of each band of the Spot Advisor (<5, 5–10, 10–15, 15–20, >20 % a month); the last one is open. */
const ADVISOR_MONTHLY = [0.025, 0.075, 0.125, 0.175, 0.225] as const;
const DAYS_PER_MONTH = 30;
/** Our own count says more than the advisor’s region-wide band once machines ran there for a month in all. */
const ENOUGH_INSTANCE_HOURS = 720;

/** Chance that a machine in the pool is taken within a day; null when neither we nor the advisor know. */
export function interruptionProbability24h({
  interruptions,
  advisor,
}: Pick<PoolFacts, 'interruptions' | 'advisor'>): number | null {
  const { instanceHours, perInstanceDay } = interruptions.d30;
  const own = perInstanceDay === null ? null : 1 - Math.exp(-perInstanceDay);
  const monthly = advisor === null ? undefined : ADVISOR_MONTHLY[advisor.bucket];
  const advised = monthly === undefined ? null : 1 - (1 - monthly) ** (1 / DAYS_PER_MONTH);
  const chance = instanceHours >= ENOUGH_INSTANCE_HOURS ? (own ?? advised) : (advised ?? own);
  return chance === null ? null : Number(chance.toFixed(6));
}
