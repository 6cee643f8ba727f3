import type { MarketSample } from '../learner.js';

/** Middle of each range of the Spot Advisor (<5, 5–10, 10–15, 15–20, >20 % a month), beside that of the worst. */
const ADVISOR_FACTORS = [0.1, 0.3, 0.5, 0.7, 1] as const;
/** A placement score of 6 says nothing; 10 makes losses five times rarer, 1 twice as frequent. A guess, soon outweighed. */
const NEUTRAL_SCORE = 6;
const SCORE_SPAN = 5;

/**
 * How often pools of this market are expected to be lost before anything was seen of them, beside the careful
 * assumption that is built in: by what AWS says of them, and by what was fitted to the own history.
 */
export function priorFactorOf({ pools, priorFactor = 1 }: MarketSample): number {
  if (pools.length === 0) return priorFactor;
  const factors = pools.map(({ advisorBucket, placementScore = null }) => {
    const advised = advisorBucket === null ? 1 : (ADVISOR_FACTORS[advisorBucket] ?? 1);
    const scored = placementScore === null ? 1 : 1 + (NEUTRAL_SCORE - placementScore) / SCORE_SPAN;
    return advised * scored;
  });
  return (priorFactor * factors.reduce((sum, factor) => sum + factor, 0)) / factors.length;
}
