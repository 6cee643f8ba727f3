import type { PoolRiskParts, RiskCause, RiskLabel } from '@spotopt/contracts';
import { type RiskFacts, riskOf, riskPartsOf } from '../engine/ports.js';

/** What is known of a pool when it is scored. */
export interface PoolFacts {
  readonly poolId: string;
  readonly region: string;
  readonly az: string;
  readonly instanceType: string;
  /** What the formula looks at. */
  readonly features: RiskFacts;
  /** How far back prices are known, in hours. */
  readonly priceHours: number;
  /** Up to when prices are known to hold. */
  readonly pricesAsOf: Date;
  /** Oldest interruption or refused launch that is kept; null when there is none. */
  readonly firstMarkAt: Date | null;
}

export interface Score {
  readonly score: number;
  readonly label: RiskLabel;
  readonly parts: PoolRiskParts;
  readonly confidence: number;
  readonly lossPerHour: number | null;
}

/** The risk of a pool as it is kept. */
export interface PoolRisk extends Score {
  readonly poolId: string;
  readonly region: string;
  readonly az: string;
  readonly instanceType: string;
  readonly cause: RiskCause;
  readonly scoredAt: Date;
  readonly watchedSince: Date;
  /** When the history was last written. */
  readonly recordedAt: Date;
  /** As the last event told it; null before the first one. */
  readonly told: { readonly score: number; readonly label: RiskLabel } | null;
  readonly version: number;
}

const HOUR_MS = 3_600_000;
const WATCH_MS = 30 * 24 * HOUR_MS;
const DAY_HOURS = 24;
/** Prices that were confirmed this lately are fresh. */
const FRESH_MS = HOUR_MS;
/** The history has at least one row in this time. */
const RECORD_EVERY_MS = HOUR_MS;
/** In hundredths of a percent, the resolution at rest: sums of fractions would not compare exactly. */
const UNITS = 10_000;
const CAUTION_FROM = 0.4 * UNITS;
const AVOID_FROM = 0.7 * UNITS;
const MOVED = 0.05 * UNITS;
/** So far beyond a border a new band is told even after a small move; a score on the border tells nothing. */
const BEYOND = 0.02 * UNITS;

const unitsOf = (share: number): number => Math.round(share * UNITS);
const round = (share: number): number => unitsOf(share) / UNITS;
const percentOf = (share: number): number => Math.round(share * 100);

/** safe < 0.40 ≤ caution < 0.70 ≤ avoid */
export function labelOf(score: number): RiskLabel {
  const units = unitsOf(score);
  if (units < CAUTION_FROM) return 'safe';
  return units < AVOID_FROM ? 'caution' : 'avoid';
}

export function scoreOf(
  facts: PoolFacts,
  context: { readonly now: Date; readonly watchedSince: Date; readonly lossPerHour: number | null },
): Score {
  const exact = riskPartsOf(facts.features);
  const score = round(riskOf(exact));
  return {
    score,
    label: labelOf(score),
    parts: {
      interruptions: round(exact.interruptions),
      volatility: round(exact.volatility),
      age: round(exact.age),
      trend: round(exact.trend),
    },
    confidence: confidenceOf(facts, context.now, context.watchedSince),
    lossPerHour: context.lossPerHour,
  };
}

/**
 * Share of the formula's weights that rests on data, times freshness. Interruptions rest on the part of 30 days in
 * which the pool was watched, volatility on the part of 24 h whose prices are known, age and trend on anything known.
 * Prices confirmed within the hour are fresh; after that freshness is one hour over their age.
 */
export function confidenceOf(facts: PoolFacts, now: Date, watchedSince: Date): number {
  const { features, priceHours, pricesAsOf } = facts;
  const watched = Math.min(1, (now.getTime() - watchedSince.getTime()) / WATCH_MS);
  const priced = features.volatility24h === null ? 0 : Math.min(1, priceHours / DAY_HOURS);
  const aged = features.quietHours === null ? 0 : 1;
  const trended = features.rising === null ? 0 : 1;
  const known = 0.4 * watched + 0.3 * priced + 0.2 * aged + 0.1 * trended;
  const ageMs = now.getTime() - pricesAsOf.getTime();
  const freshness = ageMs <= FRESH_MS ? 1 : FRESH_MS / ageMs;
  return round(Math.max(0, known) * freshness);
}

/** A pool is watched since it was first scored, or since the first thing that is known to have happened in it. */
export function watchedSinceOf(before: PoolRisk | null, facts: PoolFacts, now: Date): Date {
  const times = [before?.watchedSince ?? now, facts.firstMarkAt ?? now];
  return new Date(Math.min(...times.map((time) => time.getTime())));
}

/** Whether anything but the time differs. */
export function isSameScore(a: Score, b: Score): boolean {
  return textOf(a) === textOf(b);
}

/** Whether the history needs a row: score or parts differ by a whole percent, the label does, or an hour passed. */
export function isWorthRecording(before: PoolRisk, next: Score, now: Date): boolean {
  if (now.getTime() - before.recordedAt.getTime() >= RECORD_EVERY_MS) return true;
  const percents = ({ score, parts, label }: Score): string =>
    JSON.stringify([label, ...[score, ...Object.values(parts)].map(percentOf)]);
  return percents(before) !== percents(next);
}

/**
 * Whether others are told. A score that trembles at the border of a band changes its label without an event, until
 * it is 0.02 beyond the border or 0.05 away from what was last told.
 */
export function isWorthTelling(told: PoolRisk['told'], next: Score): boolean {
  if (told === null) return true;
  const score = unitsOf(next.score);
  if (Math.abs(score - unitsOf(told.score)) >= MOVED) return true;
  if (next.label === told.label) return false;
  return [CAUTION_FROM, AVOID_FROM].some(
    (border) => unitsOf(told.score) < border !== score < border && Math.abs(score - border) >= BEYOND,
  );
}

const CAUSES: readonly RiskCause[] = ['interruption', 'launch-failed', 'notice', 'price-changed', 'schedule'];

/** Of two things that happened to a pool the graver one. */
export function graverOf(a: RiskCause, b: RiskCause): RiskCause {
  return CAUSES.indexOf(a) <= CAUSES.indexOf(b) ? a : b;
}

function textOf({ score, label, parts, confidence, lossPerHour }: Score): string {
  const { interruptions, volatility, age, trend } = parts;
  return JSON.stringify([score, label, interruptions, volatility, age, trend, confidence, lossPerHour]);
}
