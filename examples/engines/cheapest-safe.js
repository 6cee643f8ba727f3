/**
 * The cheapest pool that was quiet for two days, if it saves enough. Shows the smallest useful engine: it names no
 * candidates, so that the product lists them with what it knows itself.
 */
export const name = 'cheapest-safe';
export const version = '1.0.0';

const QUIET_HOURS = 48;

export function decide(observation) {
  const { pools, current, limits, at } = observation;
  const stay = (reason) => ({ action: 'stay', reason, confidence: 0.9 });
  if (current === null) return { action: 'switch_to_ondemand', reason: 'nothing runs', confidence: 0.9 };
  if (current.usdPerHour === null) return stay('the present price is not known');

  const most = current.usdPerHour * (1 - limits.minSavingsPercent / 100);
  const [best] = pools
    .filter((pool) => pool.available !== false && !pool.underNotice)
    .filter((pool) => pool.blockedUntil === null || pool.blockedUntil <= at)
    .filter((pool) => isFresh(pool, observation))
    .filter((pool) => pool.quietHours !== null && pool.quietHours >= QUIET_HOURS)
    .filter((pool) => pool.usdPerHour !== null && pool.usdPerHour < most)
    .sort((a, b) => a.usdPerHour - b.usdPerHour);
  if (best === undefined)
    return stay(`no pool below ${most.toFixed(4)} USD/h was quiet for ${QUIET_HOURS} h`);
  if (current.mode === 'spot' && current.poolId === best.poolId)
    return stay('already in the cheapest quiet pool');
  return {
    action: 'switch_to_spot',
    target: { mode: 'spot', poolId: best.poolId },
    reason: `${best.poolId} costs ${best.usdPerHour} USD/h and was quiet for ${Math.round(best.quietHours)} h`,
    confidence: 0.9,
  };
}

/** A target whose price was read too long ago is refused. */
function isFresh({ pricesReadUntil }, { at, limits }) {
  if (pricesReadUntil === null) return false;
  return Date.parse(at) - Date.parse(pricesReadUntil) <= limits.maxPriceAgeSeconds * 1000;
}
