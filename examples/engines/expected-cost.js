/**
 * Price plus what interruptions cost in downtime, for every pool, with a standby where it pays. Shows how to report
 * candidates with scores and reasons, so that a stored decision can be read later.
 */
export const name = 'expected-cost';
export const version = '1.0.0';

/** A pool that nobody has seen interrupt is taken to do so once in this many hours. */
const PRIOR_HOURS = 240;

export function decide(observation) {
  const { at, pools, economics, limits, current, standbyAllowed } = observation;
  const downtimeUsd = (seconds) => (seconds / 60) * economics.downtimeUsdPerMinute;
  const candidates = pools.map((pool) => {
    const lossPerHour = Math.min(1, (1 + pool.interruptions30d) / (PRIOR_HOURS + (pool.quietHours ?? 0)));
    const downtimeSeconds = lossPerHour * economics.coldLaunchSeconds;
    const score = pool.usdPerHour === null ? null : pool.usdPerHour + downtimeUsd(downtimeSeconds);
    const rejectedBecause = [];
    if (pool.available === false) rejectedBecause.push('pool-unavailable');
    if (pool.underNotice) rejectedBecause.push('pool-under-notice');
    if (pool.blockedUntil !== null && pool.blockedUntil > at) rejectedBecause.push('pool-blocked');
    if (score === null) rejectedBecause.push('price-unknown');
    else if (!isFresh(pool, observation)) rejectedBecause.push('price-stale');
    if (lossPerHour >= limits.maxRisk) rejectedBecause.push('risk-too-high');
    return {
      poolId: pool.poolId,
      risk: lossPerHour,
      lossPerHour,
      scoreUsdPerHour: score,
      expectedUsdPerHour: pool.usdPerHour,
      expectedDowntimeSecondsPerHour: downtimeSeconds,
      rejectedBecause,
    };
  });
  const possible = candidates
    .filter((candidate) => candidate.rejectedBecause.length === 0)
    .sort((a, b) => a.scoreUsdPerHour - b.scoreUsdPerHour);
  const [best, second] = possible;
  for (const beaten of possible.slice(1)) beaten.rejectedBecause.push('not-cheapest');

  const stay = (reason) => ({ action: 'stay', reason, confidence: 0.8, candidates });
  if (best === undefined) return stay('no pool can be had');
  if (current?.mode === 'spot' && current.poolId === best.poolId) return stay('already in the best pool');
  const present = current?.usdPerHour ?? Infinity;
  if (best.scoreUsdPerHour > present * (1 - limits.minSavingsPercent / 100))
    return stay('no pool saves enough');

  const saved = downtimeUsd(best.lossPerHour * (economics.coldLaunchSeconds - economics.promoteSeconds));
  const pays = standbyAllowed && second !== undefined && saved > second.expectedUsdPerHour;
  return {
    action: 'switch_to_spot',
    target: { mode: 'spot', poolId: best.poolId },
    standby: pays ? { mode: 'spot', poolId: second.poolId } : null,
    reason: `${best.poolId} is expected to cost ${best.scoreUsdPerHour.toFixed(4)} USD/h with its downtime`,
    confidence: 0.8,
    candidates,
  };
}

/** A target whose price was read too long ago is refused. */
function isFresh({ pricesReadUntil }, { at, limits }) {
  if (pricesReadUntil === null) return false;
  return Date.parse(at) - Date.parse(pricesReadUntil) <= limits.maxPriceAgeSeconds * 1000;
}
