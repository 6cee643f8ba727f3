import type { ExpectedSaving, Observation } from './engine.js';

/** One-off costs of a move are spread over a day, unless an engine expects the placement to last otherwise. */
const HORIZON_HOURS = 24;
const SECONDS_PER_HOUR = 3600;

/**
 * What a planned move to a machine at `usdPerHour` brings per hour once its cost is spread over the horizon: both
 * machines run for a while, the state travels once, and nobody is served during the promotion.
 * Null while there is no present machine with a known price to compare with.
 */
export function expectedSavingOf(
  { current, economics }: Pick<Observation, 'current' | 'economics'>,
  usdPerHour: number,
  horizonHours: number = HORIZON_HOURS,
): ExpectedSaving | null {
  const present = current?.usdPerHour ?? null;
  if (present === null) return null;
  const { doubleRunSeconds, oldKeptSeconds, downtimeUsdPerMinute, promoteSeconds, transferUsd } = economics;
  const grossUsdPerHour = present - usdPerHour;
  const doubleRunUsd = (usdPerHour * doubleRunSeconds + present * oldKeptSeconds) / SECONDS_PER_HOUR;
  const downtimeUsd = (downtimeUsdPerMinute * promoteSeconds) / 60;
  const oneOffUsd = doubleRunUsd + transferUsd + downtimeUsd;
  const netUsdPerHour = grossUsdPerHour - oneOffUsd / horizonHours;
  return { grossUsdPerHour, doubleRunUsd, transferUsd, downtimeUsd, horizonHours, netUsdPerHour };
}
