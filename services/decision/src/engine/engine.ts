import type { OnDemandSource } from '@spotopt/contracts';

/** What is known of one spot pool at the time of a decision. Null means: not known, never zero. */
export interface PoolObservation {
  readonly poolId: string;
  readonly az: string;
  readonly instanceType: string;
  readonly usdPerHour: number | null;
  /** Up to when the last read of prices covers every change; an old change that was read lately is fresh. */
  readonly pricesReadUntil: string | null;
  /** Terminating interruptions that hit this pool in the last 30 days. */
  readonly interruptions30d: number;
  /** Standard deviation over mean of the last 24 h of prices. */
  readonly volatility24h: number | null;
  readonly rising: boolean | null;
  /** Hours since the pool last interrupted or refused a launch; since its oldest known price if it never did. */
  readonly quietHours: number | null;
  /** No placement here before this time. */
  readonly blockedUntil: string | null;
}

export interface OnDemandObservation {
  readonly usdPerHour: number;
  readonly source: OnDemandSource | null;
}

/** Everything that an engine may look at: it has no clock, no database and no memory of its own. */
export interface Observation {
  readonly at: string;
  readonly agentId: string;
  readonly region: string;
  readonly instanceType: string;
  readonly current: {
    readonly mode: 'spot' | 'ondemand' | 'unknown';
    readonly poolId: string;
    readonly az: string;
    readonly usdPerHour: number | null;
    readonly estimated: boolean;
  };
  readonly limits: {
    /** A move must save more than this share of the present cost. */
    readonly minSavingsPercent: number;
    /** A target must be less risky than this. */
    readonly maxRisk: number;
  };
  /** Spot pools of the region and instance type, sorted by pool id. */
  readonly pools: readonly PoolObservation[];
  readonly onDemand: OnDemandObservation | null;
}

export type RejectionCode =
  | 'current-pool'
  | 'price-unknown'
  | 'price-stale'
  | 'price-estimated'
  | 'current-price-unknown'
  | 'pool-blocked'
  | 'saving-too-small'
  | 'risk-too-high';

/** Each part between 0 and 1, before its weight. */
export interface RiskParts {
  readonly interruptions: number;
  readonly volatility: number;
  readonly age: number;
  readonly trend: number;
}

export interface ScoredCandidate {
  readonly mode: 'spot' | 'ondemand';
  readonly poolId: string;
  readonly usdPerHour: number | null;
  /** Of the present cost; negative when the candidate is dearer, null while a price is unknown. */
  readonly savingsPercent: number | null;
  readonly risk: number;
  readonly riskParts: RiskParts | null;
  /** Empty for a candidate that passes. */
  readonly rejectedBecause: readonly RejectionCode[];
}

export type ProposedAction = 'stay' | 'switch_to_spot' | 'switch_to_ondemand';

export interface Proposal {
  readonly engine: string;
  readonly engineVersion: string;
  readonly action: ProposedAction;
  readonly target: { readonly mode: 'spot' | 'ondemand'; readonly poolId: string } | null;
  readonly candidates: readonly ScoredCandidate[];
  readonly reason: string;
  readonly expectedSavingsUsdPerHour: number;
  /** The expected saving rests on a price that was estimated. */
  readonly estimated: boolean;
  /** How far the engine trusts itself, 0 to 1; too little makes the proposal a recommendation. */
  readonly confidence: number;
}

/**
 * Turns an observation into a proposal. Pure and deterministic: the same observation gives the same proposal,
 * so that every stored decision can be replayed. Limits of the workload (cooldown, switches per day, …) are
 * not its business.
 */
export abstract class Engine {
  abstract readonly name: string;
  abstract readonly version: string;
  abstract propose(observation: Observation): Proposal;
}
