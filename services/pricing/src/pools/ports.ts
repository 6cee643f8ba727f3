import type { PriceSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import type { CurrentPrice, PriceSighting, RawPrice, SpotPool } from './pool.js';

export { CATALOGUE_AS_OF } from './on-demand-catalogue.js';
export { cataloguePriceOf, isEstimate } from './on-demand.js';
export { newestPerPool, spotPoolOf, storablePrice, supersedes } from './pool.js';
export type { CurrentPrice, OnDemandPrice, PriceSighting, RawPrice, SpotPool } from './pool.js';

export interface RawPriceFilter {
  readonly poolId: string;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly source: PriceSource | null;
  readonly limit: number;
  readonly offset: number;
}

/** Pools and the price in force of each. */
export abstract class PoolStore {
  /**
   * Adds the pools that are not known yet; known ones stay as they are. A new one takes the price of the price list
   * when its market has one.
   */
  abstract addPools(tx: Tx, pools: readonly SpotPool[], seenAt: Date): Promise<void>;

  /** Holds the pools against other writers until the transaction ends. Unknown ones are left out. */
  abstract findForChange(tx: Tx, poolIds: readonly string[]): Promise<CurrentPrice[]>;

  /** False when somebody else changed the price since `expected` was read. */
  abstract setInForce(tx: Tx, expected: CurrentPrice, sighting: PriceSighting): Promise<boolean>;

  /** Takes an estimate for the pools of a market that have nothing better. */
  abstract setEstimatedOnDemand(tx: Tx, market: Market, usdPerHour: number): Promise<void>;

  abstract listPoolIds(tx: Tx, market: Market): Promise<string[]>;

  abstract listAllPoolIds(tx: Tx): Promise<string[]>;

  /** Prices in force, cheapest first. */
  abstract listInForce(
    tx: Tx,
    filter: { readonly region: string | null; readonly instanceType: string | null },
  ): Promise<CurrentPrice[]>;

  abstract coverage(tx: Tx): Promise<{ readonly pools: number; readonly latestObservedAt: Date | null }>;
}

/** A price as a reporter saw it. */
export interface ReportedPrice {
  readonly poolId: string;
  readonly atMs: number;
  readonly usdPerHour: number;
  readonly source: Exclude<PriceSource, 'spot-price-history'>;
}

/** A price that holds until the next one. */
export interface StepPrice {
  readonly poolId: string;
  readonly atMs: number;
  readonly usdPerHour: number;
}

/** Every price ever seen. */
export abstract class RawPriceStore {
  /**
   * Adds the rows that are not stored yet, one per pool, source, reporter and time, and answers them. A row that
   * another transaction stores at the same time may be among them.
   */
  abstract add(tx: Tx, rows: readonly RawPrice[]): Promise<RawPrice[]>;

  /** What reporters saw in [from, until). */
  abstract observationsOf(
    tx: Tx,
    poolIds: readonly string[],
    span: { readonly from: Date; readonly until: Date },
  ): Promise<ReportedPrice[]>;

  /** Changes of AWS's history in [from, until) and the last one before, oldest first. */
  abstract stepsOf(
    tx: Tx,
    poolIds: readonly string[],
    span: { readonly from: Date; readonly until: Date },
  ): Promise<StepPrice[]>;

  /** When the oldest price of the pool was seen; null when there is none. */
  abstract firstAt(tx: Tx, poolId: string): Promise<Date | null>;

  /** The newest price of each pool that the source gave; pools without one are left out. */
  abstract newest(tx: Tx, poolIds: readonly string[], source: PriceSource): Promise<PriceSighting[]>;

  /** Oldest first. */
  abstract list(tx: Tx, filter: RawPriceFilter): Promise<{ prices: PriceSighting[]; total: number }>;

  abstract count(tx: Tx): Promise<number>;
}

/** The one place where sightings become stored prices and a price comes into force. */
export abstract class PriceBook {
  /**
   * Keeps every sighting that is new and has what it is about consolidated. Changes nothing about the prices in force.
   * @param readUntil for AWS's history: up to where the market had been read before; null at its first read
   */
  abstract keep(tx: Tx, rows: readonly RawPrice[], readUntil?: Date | null): Promise<void>;

  /**
   * Brings the newest of the sightings into force where they supersede what is, and tells everybody whose price
   * changed. A sighting that confirms the price only moves its time.
   * @throws AppError `version-conflict` (transient) when somebody else did so meanwhile: run the transaction again
   */
  abstract bringIntoForce(
    tx: Tx,
    sightings: Iterable<PriceSighting>,
    correlationOf?: (sighting: PriceSighting) => string | undefined,
  ): Promise<void>;
}

/** All pools of one instance type in one region. */
export interface Market {
  readonly region: string;
  readonly instanceType: string;
}
