import type { OnDemandSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import type { PoolMark } from './pool-marks.js';

export { markFeaturesOf } from './pool-marks.js';
export type { PoolMark } from './pool-marks.js';

/** All spot pools of one instance type in one region. */
export interface Market {
  readonly region: string;
  readonly instanceType: string;
}

export interface MarketState extends Market {
  /** Up to when the price read covers every change. */
  readonly readUntil: Date | null;
  /** When the pools and their past prices were last fetched from their owner. */
  readonly refreshedAt: Date | null;
}

export interface PoolPrice extends Market {
  readonly poolId: string;
  readonly az: string;
  readonly usdPerHour: number;
  readonly observedAt: Date;
  readonly onDemandUsdPerHour: number | null;
  readonly onDemandSource: OnDemandSource | null;
  /** Index of the Spot Advisor's range of interruptions a month, 0 (< 5 %) to 4 (> 20 %). */
  readonly advisorBucket: number | null;
  /** AWS's own guess of how likely a request succeeds, 1 to 10. */
  readonly placementScore: number | null;
}

export interface PricePointOfPool {
  readonly poolId: string;
  readonly at: Date;
  readonly usdPerHour: number;
}

export abstract class MarketStore {
  /** Keeps the price as the pool's present one unless a newer one is known, and as a point of its past. */
  abstract savePrice(tx: Tx, price: PoolPrice): Promise<void>;
  /** Adds the points that are not stored yet. */
  abstract addPoints(tx: Tx, points: readonly PricePointOfPool[]): Promise<void>;
  /** Never moves back. */
  abstract setReadUntil(tx: Tx, market: Market, readUntil: Date): Promise<void>;
  /** @param at null when the past is to be fetched again */
  abstract setRefreshed(tx: Tx, market: Market, at: Date | null): Promise<void>;
  abstract find(tx: Tx, market: Market): Promise<MarketState | null>;
  abstract listMarkets(tx: Tx): Promise<Market[]>;
  /** Sorted by pool id. */
  abstract listPools(tx: Tx, market: Market): Promise<PoolPrice[]>;
  /** Oldest first. */
  abstract listPoints(tx: Tx, poolIds: readonly string[], since: Date): Promise<PricePointOfPool[]>;
}

export abstract class MarkStore {
  /** Remembers where a machine runs, so that its interruption can be laid to its pool, even one heard before. */
  abstract savePlacement(tx: Tx, placement: MachinePlacement): Promise<void>;
  /** One per incident, however often it is told. */
  abstract addInterruption(tx: Tx, interruption: Interruption): Promise<void>;
  abstract addLaunchFailure(
    tx: Tx,
    failure: { readonly id: string; readonly poolId: string; readonly at: Date },
  ): Promise<void>;
  /** A rebalance recommendation: the pool gets scarce, but took nothing back yet. One per incident. */
  abstract addRecommendation(tx: Tx, recommendation: Interruption): Promise<void>;
  /** Spot pool that the machine was last seen in; null when it was none or is not known. */
  abstract spotPoolOf(tx: Tx, ec2InstanceId: string): Promise<string | null>;
  abstract listMarks(tx: Tx, poolIds: readonly string[], since: Date): Promise<PoolMark[]>;
}

export interface MachinePlacement {
  readonly ec2InstanceId: string;
  readonly poolId: string;
  readonly mode: string;
  readonly seenAt: Date;
}

export interface Interruption {
  readonly incidentId: string;
  readonly ec2InstanceId: string;
  readonly at: Date;
}

/** Questions to the owner of prices. */
export abstract class PricingReads {
  abstract currentPrices(market: Market): Promise<PoolPrice[]>;
  /** Price changes of a pool since then, oldest first. */
  abstract priceChanges(poolId: string, since: Date): Promise<PricePointOfPool[]>;
}
