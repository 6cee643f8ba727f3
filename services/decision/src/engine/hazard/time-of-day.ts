import type { HourlyLosses } from '../belief.js';
import { fading, HALF_LIFE_HOURS, LOSS_RATE, SECONDS_PER_HOUR } from './constants.js';

const HOURS = 24;
/** Digits that keep a belief short; a rate made of them is off by less than a thousandth. */
const STEPS_PER_UNIT = 1e5;

export function noHours(at: number): HourlyLosses {
  const none = Array.from({ length: HOURS }, () => 0);
  return { since: at, losses: none, hours: none };
}

/** Adds time that a pool was up, and its loss at the end, to the hour in which it began. */
export function addHours(
  before: HourlyLosses,
  { from, to, lost }: { readonly from: number; readonly to: number; readonly lost: boolean },
): HourlyLosses {
  const { since, losses, hours } = faded(before, to);
  const weight = 1 / fading((to - since) / SECONDS_PER_HOUR, HALF_LIFE_HOURS.week);
  const hour = hourOf(from);
  const add = (counts: readonly number[], amount: number): readonly number[] =>
    amount === 0 ? counts : counts.with(hour, rounded((counts[hour] ?? 0) + amount * weight));
  return { since, losses: add(losses, lost ? 1 : 0), hours: add(hours, (to - from) / SECONDS_PER_HOUR) };
}

/** Losses per hour at this time of the day, an hour to either side, drawn towards the market's rate. */
export function rateAt({ since, losses, hours }: HourlyLosses, at: number, marketRate: number): number {
  const kept = fading((at - since) / SECONDS_PER_HOUR, HALF_LIFE_HOURS.week);
  const now = hourOf(at);
  let lost = 0;
  let up = 0;
  for (let near = now + HOURS - 1; near <= now + HOURS + 1; near += 1) {
    lost += losses[near % HOURS] ?? 0;
    up += hours[near % HOURS] ?? 0;
  }
  const weight = LOSS_RATE.timeOfDayWeightHours;
  return (weight * marketRate + lost * kept) / (weight + up * kept);
}

/** Once a week all counts are faded at once, before the weight of new ones grows without end. */
function faded(before: HourlyLosses, at: number): HourlyLosses {
  const passed = (at - before.since) / SECONDS_PER_HOUR;
  if (passed <= HALF_LIFE_HOURS.week) return before;
  const kept = fading(passed, HALF_LIFE_HOURS.week);
  const fade = (counts: readonly number[]): number[] => counts.map((count) => rounded(count * kept));
  return { since: at, losses: fade(before.losses), hours: fade(before.hours) };
}

function hourOf(at: number): number {
  return Math.floor(at / SECONDS_PER_HOUR) % HOURS;
}

function rounded(count: number): number {
  return Math.round(count * STEPS_PER_UNIT) / STEPS_PER_UNIT;
}
