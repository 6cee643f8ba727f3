import { AppError } from '@spotopt/kernel';
import { poolIdOf, regionOfZone } from '../region/zones.js';
import type { OnDemandPrice } from './on-demand-prices.js';

export const LINUX = 'Linux/UNIX';

export interface PriceChange {
  readonly atMs: number;
  readonly usdPerHour: number;
  /** The decimal text as recorded, so that a replay gives back exactly what was recorded. */
  readonly text: string;
}

/** The prices of one product in one pool, oldest first. */
export interface PriceSeries {
  readonly poolId: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly product: string;
  readonly changes: PriceChange[];
  /** Makes sure that every change up to this time is there; absent for recordings, which are whole. */
  readonly extendTo?: (untilMs: number) => void;
}

export interface HistoryRow {
  readonly series: PriceSeries;
  readonly change: PriceChange;
}

export interface PriceBookOptions {
  readonly region: string;
  readonly series: readonly PriceSeries[];
  readonly onDemand: ReadonlyMap<string, OnDemandPrice>;
}

/** Index of the first change after `atMs` in a list sorted by time. */
function firstAfter(changes: readonly PriceChange[], atMs: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const change = changes[middle];
    if (change !== undefined && change.atMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Spot prices of every pool over time, and on-demand prices of every type. */
export class PriceBook {
  readonly region: string;
  readonly series: readonly PriceSeries[];
  /** Time of the first price. */
  readonly firstAt: number;
  /** Time of the last recorded price; undefined when prices are generated without end. */
  readonly lastAt: number | undefined;
  readonly #onDemand: ReadonlyMap<string, OnDemandPrice>;
  readonly #byPool = new Map<string, PriceSeries>();

  constructor(options: PriceBookOptions) {
    if (options.series.length === 0) throw AppError.permanent('no-prices', 'the price book has no prices');
    this.region = options.region;
    this.series = options.series;
    this.#onDemand = options.onDemand;
    for (const series of options.series) {
      if (series.product === LINUX || !this.#byPool.has(series.poolId))
        this.#byPool.set(series.poolId, series);
    }
    const times = options.series.flatMap((series) => [series.changes[0], series.changes.at(-1)]);
    const known = times.filter((change) => change !== undefined).map((change) => change.atMs);
    this.firstAt = Math.min(...known);
    const isEndless = options.series.some((series) => series.extendTo !== undefined);
    this.lastAt = isEndless ? undefined : Math.max(...known);
  }

  get zoneNames(): string[] {
    return [...new Set(this.series.map((series) => series.zone))].sort();
  }

  get pools(): { readonly instanceType: string; readonly zone: string }[] {
    return [...this.#byPool.values()];
  }

  onDemand(instanceType: string): OnDemandPrice | undefined {
    return this.#onDemand.get(instanceType);
  }

  /** The price in force at `atMs`; before the first change of the pool there is none. */
  priceAt(poolId: string, atMs: number): PriceChange | undefined {
    const series = this.#extended(poolId, atMs);
    return series?.changes[firstAfter(series.changes, atMs) - 1];
  }

  /** When the price of the pool first passes `limitUsd`, at or after `fromMs`; looks a day ahead at most. */
  firstAbove(poolId: string, limitUsd: number, fromMs: number): number | undefined {
    const untilMs = fromMs + 86_400_000;
    const series = this.#extended(poolId, untilMs);
    if (series === undefined) return undefined;
    const start = Math.max(0, firstAfter(series.changes, fromMs) - 1);
    const found = series.changes
      .slice(start, firstAfter(series.changes, untilMs))
      .find((change) => change.usdPerHour > limitUsd);
    return found === undefined ? undefined : Math.max(found.atMs, fromMs);
  }

  /** What an instance of this pool costs over a span, integrated step by step. */
  costUsd(poolId: string, fromMs: number, toMs: number): number {
    const series = this.#extended(poolId, toMs);
    if (series === undefined || toMs <= fromMs) return 0;
    const start = Math.max(0, firstAfter(series.changes, fromMs) - 1);
    const inForce = series.changes.slice(start, firstAfter(series.changes, toMs));
    return inForce.reduce((sum, change, index) => {
      const endMs = inForce[index + 1]?.atMs ?? toMs;
      return sum + (change.usdPerHour * (endMs - Math.max(change.atMs, fromMs))) / 3_600_000;
    }, 0);
  }

  /**
   * The changes in `[startMs, endMs]`, and for each series the last one before `startMs`, which is the price
   * in force then. Newest first; changes of one moment keep a fixed order.
   */
  history(series: readonly PriceSeries[], startMs: number, endMs: number): HistoryRow[] {
    const rows = series.flatMap((one) => {
      one.extendTo?.(endMs);
      const inRangeFrom = firstAfter(one.changes, startMs - 1);
      return one.changes
        .slice(Math.max(0, inRangeFrom - 1), firstAfter(one.changes, endMs))
        .map((change) => ({ series: one, change }));
    });
    return rows
      .map((row, order) => ({ row, order }))
      .sort((a, b) => b.row.change.atMs - a.row.change.atMs || b.order - a.order)
      .map(({ row }) => row);
  }

  #extended(poolId: string, untilMs: number): PriceSeries | undefined {
    const series = this.#byPool.get(poolId);
    series?.extendTo?.(untilMs);
    return series;
  }
}

export interface PriceRow {
  readonly atMs: number;
  readonly instanceType: string;
  readonly zone: string;
  readonly product: string;
  readonly text: string;
}

/** Groups rows in any order into series; rows of one moment keep the order in which they came. */
export function seriesOf(rows: readonly PriceRow[]): PriceSeries[] {
  const byKey = new Map<string, PriceSeries>();
  for (const row of rows) {
    const poolId = poolIdOf(row.instanceType, row.zone);
    const key = `${poolId}|${row.product}`;
    const { instanceType, zone, product } = row;
    const series = byKey.get(key) ?? { poolId, instanceType, zone, product, changes: [] };
    byKey.set(key, series);
    series.changes.push({ atMs: row.atMs, usdPerHour: Number(row.text), text: row.text });
  }
  for (const series of byKey.values()) series.changes.sort((a, b) => a.atMs - b.atMs);
  return [...byKey.values()].sort((a, b) => (a.poolId < b.poolId ? -1 : 1));
}

/** @throws AppError `prices-of-many-regions` when the zones are not of one region. */
export function regionOf(rows: readonly PriceRow[]): string {
  const regions = [...new Set(rows.map((row) => regionOfZone(row.zone)))];
  const [region] = regions;
  if (region === undefined || regions.length > 1) {
    throw AppError.permanent(
      'prices-of-many-regions',
      `expected prices of one region, got: ${regions.join(', ')}`,
    );
  }
  return region;
}
