import type { MarketBelief, PoolBelief } from './belief.js';

/** What was seen of a market's pools at one moment. */
export interface MarketSample {
  /** Epoch seconds. */
  readonly at: number;
  /** Sorted by pool id. */
  readonly pools: readonly {
    readonly poolId: string;
    readonly az: string;
    readonly instanceType: string;
    readonly usdPerHour: number | null;
    readonly onDemandUsdPerHour: number | null;
    readonly available: boolean | null;
    /** Index of the Spot Advisor's range, 0 to 4. */
    readonly advisorBucket: number | null;
    /** AWS's guess of how likely a request succeeds, 1 to 10. */
    readonly placementScore?: number | null;
  }[];
  /** How often pools are lost before anything was seen, beside the built-in assumption; 1 where nothing says otherwise. */
  readonly priorFactor?: number;
}

export interface Learned {
  readonly market: MarketBelief | null;
  readonly pools: ReadonlyMap<string, PoolBelief>;
}

/** Brings what was learned up to a sample. Pure: the same before and sample give the same after. */
export interface Learner {
  learn(before: Learned, sample: MarketSample): Learned;
}

export const NOTHING_LEARNED: Learned = { market: null, pools: new Map() };
