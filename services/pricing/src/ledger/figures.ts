import type { LedgerFigures } from '@spotopt/contracts';
import { HOUR_MS } from './day.js';
import { type MicroUsd, usdOf } from './money.js';
import type { PricedLine } from './price-usage.js';

/** Money and time of a workload, or of many, in whole numbers: adding them up in any order gives the same. */
export interface Figures {
  readonly onDemandMicroUsd: MicroUsd;
  readonly primaryMicroUsd: MicroUsd;
  readonly standbyMicroUsd: MicroUsd;
  readonly switchMicroUsd: MicroUsd;
  readonly interruptionMicroUsd: MicroUsd;
  /** Signed. */
  readonly estimatedSavingsMicroUsd: MicroUsd;
  readonly spotMs: number;
  readonly onDemandMs: number;
  readonly standbyMs: number;
  readonly filledMs: number;
  readonly unpricedMs: number;
  readonly switches: number;
  readonly interruptions: number;
  readonly downtimeMs: number;
}

export const NO_FIGURES: Figures = {
  onDemandMicroUsd: 0,
  primaryMicroUsd: 0,
  standbyMicroUsd: 0,
  switchMicroUsd: 0,
  interruptionMicroUsd: 0,
  estimatedSavingsMicroUsd: 0,
  spotMs: 0,
  onDemandMs: 0,
  standbyMs: 0,
  filledMs: 0,
  unpricedMs: 0,
  switches: 0,
  interruptions: 0,
  downtimeMs: 0,
};

export const FIGURE_KEYS = Object.keys(NO_FIGURES) as (keyof Figures)[];

const COST_OF = {
  primary: 'primaryMicroUsd',
  standby: 'standbyMicroUsd',
  switch: 'switchMicroUsd',
  interruption: 'interruptionMicroUsd',
} as const;

export function sumOf(parts: Iterable<Partial<Figures>>): Figures {
  const sum = { ...NO_FIGURES };
  for (const part of parts) {
    for (const key of FIGURE_KEYS) sum[key] += part[key] ?? 0;
  }
  return sum;
}

/**
 * What a line adds. A line that rests on an estimate adds nothing to the money that is stated as measured, neither
 * its cost nor its counterfactual: half of it would distort the saving. Its whole saving stands apart. Time is
 * never an estimate, so hours count whatever is known about prices.
 */
export function figuresOfLine(line: PricedLine): Partial<Figures> {
  const { purpose, costMicroUsd, onDemandMicroUsd } = line;
  const money = line.estimated
    ? { estimatedSavingsMicroUsd: onDemandMicroUsd - costMicroUsd }
    : { onDemandMicroUsd, [COST_OF[purpose]]: costMicroUsd, filledMs: line.filledMs };
  return { ...money, ...timeOf(line), unpricedMs: line.unpricedMs };
}

function timeOf({ purpose, mode, fromMs, toMs }: PricedLine): Partial<Figures> {
  const durationMs = toMs - fromMs;
  if (purpose === 'standby') return { standbyMs: durationMs };
  if (purpose !== 'primary') return {};
  return mode === 'ondemand' ? { onDemandMs: durationMs } : { spotMs: durationMs };
}

export function actualMicroUsdOf(figures: Figures): MicroUsd {
  const { primaryMicroUsd, standbyMicroUsd, switchMicroUsd, interruptionMicroUsd } = figures;
  return primaryMicroUsd + standbyMicroUsd + switchMicroUsd + interruptionMicroUsd;
}

/** Signed (CT-114). */
export function savingsMicroUsdOf(figures: Figures): MicroUsd {
  return figures.onDemandMicroUsd - actualMicroUsdOf(figures);
}

/** In dollars and hours, as others read them. */
export function toLedgerFigures(figures: Figures): LedgerFigures {
  return {
    onDemandUsd: usdOf(figures.onDemandMicroUsd),
    actualUsd: usdOf(actualMicroUsdOf(figures)),
    primaryUsd: usdOf(figures.primaryMicroUsd),
    standbyUsd: usdOf(figures.standbyMicroUsd),
    switchUsd: usdOf(figures.switchMicroUsd),
    interruptionUsd: usdOf(figures.interruptionMicroUsd),
    savingsUsd: usdOf(savingsMicroUsdOf(figures)),
    estimatedSavingsUsd: usdOf(figures.estimatedSavingsMicroUsd),
    spotHours: figures.spotMs / HOUR_MS,
    onDemandHours: figures.onDemandMs / HOUR_MS,
    standbyHours: figures.standbyMs / HOUR_MS,
    filledHours: figures.filledMs / HOUR_MS,
    unpricedHours: figures.unpricedMs / HOUR_MS,
    switches: figures.switches,
    interruptions: figures.interruptions,
    downtimeMs: figures.downtimeMs,
  };
}

/** Names of the figures that differ, as others read them. */
export function changedFigures(before: Figures, after: Figures): string[] {
  const [old, now] = [toLedgerFigures(before), toLedgerFigures(after)];
  return (Object.keys(now) as (keyof LedgerFigures)[]).filter((name) => old[name] !== now[name]);
}
