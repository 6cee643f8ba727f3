/**
 * Nobody is awake to look at a failover at night: on demand from 22 to 6 o'clock UTC, the cheapest pool by day. Shows
 * how to use the time of the observation (`new Date()` is that time, and nothing else).
 */
export const name = 'on-demand-at-night';
export const version = '1.0.0';

const NIGHT_BEGINS = 22;
const NIGHT_ENDS = 6;

export function decide(observation) {
  const { pools, current } = observation;
  const hour = new Date(observation.at).getUTCHours();
  const night = hour >= NIGHT_BEGINS || hour < NIGHT_ENDS;
  const stay = (reason) => ({ action: 'stay', reason, confidence: 1 });
  if (night) {
    if (current?.mode === 'ondemand') return stay('it is night, and the workload is on demand');
    return { action: 'switch_to_ondemand', reason: 'it is night', confidence: 1 };
  }
  if (current?.mode === 'spot') return stay('it is day, and the workload is on spot');
  const [best] = pools
    .filter((pool) => pool.available !== false && !pool.underNotice && pool.usdPerHour !== null)
    .filter((pool) => pool.blockedUntil === null || pool.blockedUntil <= observation.at)
    .filter((pool) => isFresh(pool, observation))
    .sort((a, b) => a.usdPerHour - b.usdPerHour);
  if (best === undefined) return stay('it is day, and no pool can be had');
  return {
    action: 'switch_to_spot',
    target: { mode: 'spot', poolId: best.poolId },
    reason: `it is day, and ${best.poolId} is the cheapest pool`,
    confidence: 0.8,
  };
}

/** A target whose price was read too long ago is refused. */
function isFresh({ pricesReadUntil }, { at, limits }) {
  if (pricesReadUntil === null) return false;
  return Date.parse(at) - Date.parse(pricesReadUntil) <= limits.maxPriceAgeSeconds * 1000;
}
