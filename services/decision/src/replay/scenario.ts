/** Where a machine can always be had, beside the pools of a scenario. */
export const ON_DEMAND = 'on-demand';

export interface ReplayPool {
  /** `<zone>/<instance type>`. */
  readonly id: string;
  readonly region: string;
  readonly az: string;
  readonly instanceType: string;
  /** What the same machine costs on demand; a spot price above it takes the machine away. */
  readonly onDemandUsdPerHour: number;
  /** Index of the Spot Advisor's range of interruptions, 0 (<5 %) to 4 (>20 %) a month. */
  readonly advisorBucket: number | null;
}

/** What is replayed, as far as a policy may know it beforehand. */
export interface ReplayMarket {
  readonly id: string;
  readonly kind: 'trace' | 'prices';
  /** Epoch seconds of the first step. */
  readonly startS: number;
  readonly stepSeconds: number;
  readonly steps: number;
  readonly pools: readonly ReplayPool[];
  /** The machine that every figure is compared with. */
  readonly onDemand: { readonly instanceType: string; readonly usdPerHour: number };
}

/** Prices and availability of every pool on an even grid of time. */
export interface Scenario extends ReplayMarket {
  /** USD per hour, by pool and step. */
  readonly prices: readonly Float64Array[];
  /** 1 where the pool gives a machine and keeps it, by pool and step. */
  readonly available: readonly Uint8Array[];
}

/** How long the changes of primary take, and what downtime is worth. */
export interface ReplayRules {
  readonly switchReadySeconds: number;
  readonly coldLaunchSeconds: number;
  /** An hour of downtime costs as much as this many hours on demand. */
  readonly downtimeWeight: number;
}

export const REPLAY_RULES: ReplayRules = {
  switchReadySeconds: 10,
  coldLaunchSeconds: 180,
  downtimeWeight: 100,
};

/** Epoch seconds of a step's start. */
export function stepAtS(market: Pick<ReplayMarket, 'startS' | 'stepSeconds'>, step: number): number {
  return market.startS + step * market.stepSeconds;
}
