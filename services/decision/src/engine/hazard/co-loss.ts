import type { CoLosses } from '../belief.js';
import { CHOICE, fading, HALF_LIFE_HOURS, PRIOR, SECONDS_PER_HOUR } from './constants.js';

/** What the chance of falling together is made of, of one of the two pools. */
export interface CoLossSide {
  readonly poolId: string;
  readonly region: string;
  readonly usualUp: number;
  readonly coLosses: CoLosses;
  /** How far its counts have faded by now. */
  readonly coLossFading: number;
}

/**
 * Chance that a standby is gone, too, when the primary goes. Two parts: both go in the same instant (losses of either
 * that took the other along, of those that found it up), or the standby goes on its own before anybody looks.
 */
export function coLossChance(
  primary: CoLossSide,
  standby: CoLossSide & { readonly lossPerHour: number },
  cycleHours: number,
): number {
  const prior = primary.region === standby.region ? PRIOR.coLossSameRegion : PRIOR.coLossOtherRegion;
  const together = togetherOf(primary, standby) + togetherOf(standby, primary);
  const losses = lossesFound(primary, standby) + lossesFound(standby, primary);
  const atOnce = (together + PRIOR.coLossWeight * prior) / (losses + PRIOR.coLossWeight);
  return Math.min(1, atOnce + standby.lossPerHour * cycleHours);
}

function togetherOf({ coLosses, coLossFading }: CoLossSide, other: CoLossSide): number {
  return (coLosses.together[other.poolId] ?? 0) * coLossFading;
}

/** Losses that could have taken the other one along, because it was up. */
function lossesFound({ coLosses, coLossFading }: CoLossSide, other: CoLossSide): number {
  return coLosses.losses * coLossFading * other.usualUp;
}

/** Counts a loss of a pool at which the `fallen` others were lost as well. */
export function countLoss(before: CoLosses, at: number, fallen: readonly string[]): CoLosses {
  const kept = fading((at - before.at) / SECONDS_PER_HOUR, HALF_LIFE_HOURS.coLoss);
  const together: Record<string, number> = {};
  for (const [poolId, count] of Object.entries(before.together)) together[poolId] = count * kept;
  for (const poolId of fallen) together[poolId] = (together[poolId] ?? 0) + 1;
  return { at, losses: before.losses * kept + 1, together: strongest(together) };
}

/** The most frequent partners; what is forgotten counts as the prior again. */
function strongest(together: Record<string, number>): Record<string, number> {
  const sorted = Object.entries(together)
    .map(([poolId, count]) => [poolId, Math.round(count * 1e4) / 1e4] as const)
    .filter(([, count]) => count > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return Object.fromEntries(sorted.slice(0, CHOICE.partners));
}
