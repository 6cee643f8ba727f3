import { LOOK_AHEAD, LOSS_RATE } from './constants.js';
import type { LossCosts } from './loss-costs.js';
import type { Place } from './place.js';
import type { PlacementCost } from './placement-cost.js';

/** What a place is expected to cost and to lose at the hours of `LOOK_AHEAD.atHours`, if it is not lost before. */
export interface Outlook {
  readonly usdPerHour: readonly number[];
  readonly lossPerHour: readonly number[];
}

interface Ahead {
  readonly place: Place;
  readonly cost: PlacementCost;
}

/** Prices come back to their average at this rate, per hour. */
export function outlookOf(ahead: Ahead, losses: LossCosts, returnRate: number): Outlook {
  const points = LOOK_AHEAD.atHours.map((hours) => aheadAt(ahead, hours, losses, returnRate));
  return {
    usdPerHour: points.map(({ usdPerHour }) => usdPerHour),
    lossPerHour: points.map(({ lossPerHour }) => lossPerHour),
  };
}

/** One hour of it. A pool that survives grows safer; the standby is given up once it does not pay any more. */
export function aheadAt(
  { place, cost }: Ahead,
  hours: number,
  { coldUsd }: LossCosts,
  returnRate: number,
): { usdPerHour: number; lossPerHour: number } {
  const age = LOSS_RATE.ageShiftHours + place.ageHours;
  const change = place.priceExcess * (Math.exp(-returnRate * hours) - 1);
  const lossPerHour =
    place.lossPerHour *
    Math.pow(age / (age + hours), LOOK_AHEAD.ageExponent) *
    Math.exp(LOSS_RATE.priceExcess * change);
  const { standby, lossUsd } = cost;
  const withStandby =
    standby === null ? Number.POSITIVE_INFINITY : standby.usdPerHour + lossPerHour * lossUsd;
  const usdPerHour = place.usdPerHour * Math.exp(change) + Math.min(lossPerHour * coldUsd, withStandby);
  return { usdPerHour, lossPerHour };
}

/**
 * ∫ S·(f_p − f_x): what being on x instead of p saves from now on, while neither is lost and the opportunity lasts.
 * `total` over all the time ahead, `most` at the best moment to go back.
 */
export function savedAhead(present: Outlook, other: Outlook): { most: number; total: number } {
  const { atHours, horizonHours } = LOOK_AHEAD;
  let survival = 1;
  let total = 0;
  let most = 0;
  for (let piece = 1; piece < atHours.length; piece += 1) {
    const hours = (atHours[piece] ?? 0) - (atHours[piece - 1] ?? 0);
    const saved = middle(present.usdPerHour, piece) - middle(other.usdPerHour, piece);
    const ends = middle(present.lossPerHour, piece) + middle(other.lossPerHour, piece) + 1 / horizonHours;
    const kept = Math.exp(-ends * hours);
    total += (survival * saved * (1 - kept)) / ends;
    survival *= kept;
    if (total > most) most = total;
  }
  return { most, total };
}

function middle(values: readonly number[], piece: number): number {
  return ((values[piece] ?? 0) + (values[piece - 1] ?? 0)) / 2;
}

/**
 * Whether to take spot now, or to wait on demand until its pool is older: what is saved until it is safe enough,
 * R·∫S, less the losses until then, K·(1 − S), plus the later move that is not needed, S·Kp. Positive: now.
 */
export function valueOfEnteringNow(
  { place, cost }: Ahead,
  onDemandUsdPerHour: number,
  { promoteUsd }: LossCosts,
): number {
  const saved = onDemandUsdPerHour - place.usdPerHour - (cost.standby?.usdPerHour ?? 0);
  if (saved <= 0) return Number.NEGATIVE_INFINITY;
  const exponent = LOOK_AHEAD.ageExponent;
  const age = LOSS_RATE.ageShiftHours + place.ageHours;
  const bearable = saved / (cost.lossUsd + promoteUsd);
  if (place.lossPerHour <= bearable) return Number.POSITIVE_INFINITY;
  const safeIn = age * (Math.pow(place.lossPerHour / bearable, 1 / exponent) - 1);
  const wait = Math.min(LOOK_AHEAD.horizonHours, safeIn);
  const survivalAt = (hours: number): number => {
    const stretched = Math.pow((age + hours) / age, 1 - exponent) - 1;
    return Math.exp(((-place.lossPerHour * age) / (1 - exponent)) * stretched);
  };
  let integral = 0;
  let survival = 1;
  let before = 0;
  for (let piece = 1; piece <= LOOK_AHEAD.pieces; piece += 1) {
    const hours = wait * (piece / LOOK_AHEAD.pieces) ** 2;
    const next = survivalAt(hours);
    integral += ((survival + next) / 2) * (hours - before);
    survival = next;
    before = hours;
  }
  return saved * integral - cost.lossUsd * (1 - survival) + survival * promoteUsd;
}
