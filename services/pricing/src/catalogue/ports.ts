import type { OnDemandSource, PriceSource } from '@spotopt/contracts';
import type { ZoneScore } from '@spotopt/cloud';
import type { Tx } from '@spotopt/kernel';

export interface PoolFilter {
  readonly region: string | null;
  readonly instanceType: string | null;
  readonly poolIds: readonly string[] | null;
}

/** A pool with its prices. */
export interface PricedPool {
  readonly poolId: string;
  readonly name: string;
  readonly region: string;
  readonly az: string;
  readonly instanceType: string;
  readonly spotUsdPerHour: number | null;
  readonly source: PriceSource | null;
  readonly observedAt: Date | null;
  /** Every change of AWS's history up to here is known. */
  readonly historyReadUntil: Date | null;
  readonly onDemandUsdPerHour: number | null;
  readonly onDemandSource: OnDemandSource | null;
}

export interface Advice {
  readonly bucket: number;
  readonly label: string;
  readonly savingsPercent: number;
  readonly readAt: Date;
}

export interface Scores {
  readonly zones: readonly ZoneScore[];
  readonly readAt: Date;
}

export interface BootTimes {
  readonly averageMs: number;
  readonly samples: number;
}

/** Interruptions per pool since each of the moments that were asked about. */
export type InterruptionCounts = readonly number[];

/** Facts of the chosen pools, each kind in one query. Keys are pool ids or `marketKey`s; what is unknown is left out. */
export abstract class PoolFactsStore {
  abstract pools(tx: Tx, filter: PoolFilter): Promise<PricedPool[]>;

  /** When the price list last named each market's price. */
  abstract listReadAt(tx: Tx, filter: PoolFilter): Promise<Map<string, Date>>;

  abstract offered(tx: Tx, filter: PoolFilter): Promise<Map<string, boolean>>;

  abstract advice(tx: Tx, filter: PoolFilter): Promise<Map<string, Advice>>;

  abstract scores(tx: Tx, filter: PoolFilter): Promise<Map<string, Scores>>;

  abstract interruptionsSince(
    tx: Tx,
    filter: PoolFilter,
    since: readonly Date[],
  ): Promise<Map<string, InterruptionCounts>>;

  /** Of the last `most` boots. */
  abstract boots(tx: Tx, filter: PoolFilter, most: number): Promise<Map<string, BootTimes>>;
}

export function marketKey(market: { readonly region: string; readonly instanceType: string }): string {
  return `${market.region} ${market.instanceType}`;
}
