import { BUCKET_MS, type Observation } from '@spotopt/pricing';
import type { TrueSeries } from './true-series.js';

const LOST_SHARE = 0.3;
const REPEATED_SHARE = 0.2;
const MINUTE_MS = 60_000;
const SHORTEST_OUTAGE_MS = 30 * MINUTE_MS;
const LONGEST_OUTAGE_MS = 240 * MINUTE_MS;
/** Mean time between the end of an outage and the start of the next. */
const BETWEEN_OUTAGES_MS = 12 * 60 * MINUTE_MS;

/** Nothing is heard of a zone. */
export interface Outage {
  readonly zone: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** One report per bucket. */
export function completeReports({ fromMs, usdPerHour }: TrueSeries): Observation[] {
  return Array.from(usdPerHour, (price, index) => ({
    atMs: fromMs + index * BUCKET_MS,
    usdPerHour: price,
    source: 'primary-report',
  }));
}

/** What arrives of the reports: some never, some twice, all in a random order. */
export function lossyReports(
  complete: readonly Observation[],
  outages: readonly Outage[],
  random: () => number,
): Observation[] {
  const arrived: Observation[] = [];
  let nextOutage = 0;
  for (const report of complete) {
    while ((outages[nextOutage]?.untilMs ?? Infinity) <= report.atMs) nextOutage += 1;
    const isOut = (outages[nextOutage]?.fromMs ?? Infinity) <= report.atMs;
    const isLost = random() < LOST_SHARE;
    if (isLost || isOut) continue;
    arrived.push(report);
    if (random() < REPEATED_SHARE) arrived.push(report);
  }
  shuffle(arrived, random);
  return arrived;
}

/** Outages of a market one after the other, each of one zone, so that the other zones go on reporting. */
export function outagesOf(market: readonly TrueSeries[], random: () => number): Outage[] {
  const zones = [...new Set(market.map(({ zone }) => zone))];
  const endMs = Math.max(...market.map(({ fromMs, usdPerHour }) => fromMs + usdPerHour.length * BUCKET_MS));
  const outages: Outage[] = [];
  const pause = (): number => random() * 2 * BETWEEN_OUTAGES_MS;
  let atMs = Math.min(...market.map(({ fromMs }) => fromMs)) + pause();
  while (atMs < endMs) {
    const lengthMs = SHORTEST_OUTAGE_MS + random() * (LONGEST_OUTAGE_MS - SHORTEST_OUTAGE_MS);
    const zone = zones[Math.floor(random() * zones.length)] ?? '';
    outages.push({ zone, fromMs: atMs, untilMs: atMs + lengthMs });
    atMs += lengthMs + pause();
  }
  return outages;
}

/** Fisher and Yates. */
function shuffle(values: Observation[], random: () => number): void {
  for (let last = values.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const value = values[last];
    const swapped = values[other];
    if (value === undefined || swapped === undefined) return;
    values[last] = swapped;
    values[other] = value;
  }
}
