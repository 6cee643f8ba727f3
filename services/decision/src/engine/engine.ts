import type { OnDemandSource } from '@spotopt/contracts';
import type { MarketBelief, PoolBelief } from './belief.js';

/** Where a machine runs. The pool of an on-demand machine is that of its zone. */
export interface PlacementChoice {
  readonly mode: 'spot' | 'ondemand';
  readonly poolId: string;
}

/** What is known of one spot pool at the time of a decision. Null means: not known, never zero. */
export interface PoolObservation {
  readonly poolId: string;
  readonly az: string;
  readonly instanceType: string;
  readonly usdPerHour: number | null;
  /** What the same machine costs on demand in this pool's zone; the cap of its spot price. */
  readonly onDemandUsdPerHour: number | null;
  /** Up to when the last read of prices covers every change; an old change that was read lately is fresh. */
  readonly pricesReadUntil: string | null;
  /** False while it is known to give no machine: it refused one, took one back, or is priced out. */
  readonly available: boolean | null;
  /** Terminating interruptions that hit this pool in the last 30 days. */
  readonly interruptions30d: number;
  /** Standard deviation over mean of the last 24 h of prices. */
  readonly volatility24h: number | null;
  readonly rising: boolean | null;
  /** Hours since the pool last interrupted or refused a launch; since its oldest known price if it never did. */
  readonly quietHours: number | null;
  /** No placement here before this time. */
  readonly blockedUntil: string | null;
  /** A machine of the fleet in this pool has a termination notice or a rebalance recommendation. */
  readonly underNotice: boolean;
  /** What was learned of the pool's losses and prices; null before anything was seen. */
  readonly belief: PoolBelief | null;
}

export interface OnDemandObservation {
  readonly usdPerHour: number;
  readonly source: OnDemandSource | null;
}

export interface CurrentPlacement {
  readonly mode: 'spot' | 'ondemand' | 'unknown';
  readonly poolId: string;
  readonly az: string;
  readonly usdPerHour: number | null;
  /** The price is an estimate; what is saved against it is one, too. */
  readonly estimated: boolean;
  /** Since it became the primary; null when that is not known. */
  readonly ageSeconds: number | null;
}

export interface StandbyPlacement extends PlacementChoice {
  readonly usdPerHour: number | null;
  /** Since it was asked for. */
  readonly ageSeconds: number;
  readonly ready: boolean;
}

/** What a change of primary costs this workload, and how long it takes. */
export interface SwitchEconomics {
  /** The workload's own price of not being served. */
  readonly downtimeUsdPerMinute: number;
  /** Downtime when a ready standby takes over. */
  readonly promoteSeconds: number;
  /** Downtime when a machine has to be launched first, and how long a standby takes to become ready. */
  readonly coldLaunchSeconds: number;
  /** Until the new machine of a planned move serves, both are paid for. */
  readonly doubleRunSeconds: number;
  /** After a planned move the old machine is kept, and paid for, this long. */
  readonly oldKeptSeconds: number;
  /** Moving the state once, such as a snapshot or traffic between zones. */
  readonly transferUsd: number;
}

/** Everything that an engine may look at: it has no clock, no database and no memory of its own. */
export interface Observation {
  readonly at: string;
  readonly agentId: string;
  readonly region: string;
  readonly instanceType: string;
  /** For engines that draw lots: the same observation gives the same draw. */
  readonly seed: number;
  /** Until the next decision, unless something happens. */
  readonly cycleSeconds: number;
  /** Null when the primary was lost and nothing took over. */
  readonly current: CurrentPlacement | null;
  readonly standby: StandbyPlacement | null;
  /** Whether the workload may have a standby that an engine asks for. */
  readonly standbyAllowed: boolean;
  readonly limits: {
    /** A move must save more than this share of the present cost. */
    readonly minSavingsPercent: number;
    /** A target must be less risky than this. */
    readonly maxRisk: number;
    /** Prices that were read longer ago are not acted on. */
    readonly maxPriceAgeSeconds: number;
  };
  readonly economics: SwitchEconomics;
  /** Changes of primary of the last 7 days, oldest first. */
  readonly changesAt: readonly string[];
  /** Spot pools that the workload may run in, sorted by pool id. */
  readonly pools: readonly PoolObservation[];
  readonly onDemand: OnDemandObservation | null;
  /** What was learned of all these pools together. */
  readonly market: MarketBelief | null;
}

export const REJECTION_CODES = [
  'current-pool',
  'price-unknown',
  'price-stale',
  'price-estimated',
  'current-price-unknown',
  'pool-blocked',
  'pool-unavailable',
  'pool-under-notice',
  'saving-too-small',
  'risk-too-high',
  'too-young',
  'not-cheapest',
] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];

/** Each part between 0 and 1, before its weight. */
export interface RiskParts {
  readonly interruptions: number;
  readonly volatility: number;
  readonly age: number;
  readonly trend: number;
}

export interface ScoredCandidate extends PlacementChoice {
  readonly usdPerHour: number | null;
  /** Of the present cost; negative when the candidate is dearer, null while a price is unknown. */
  readonly savingsPercent: number | null;
  /** 0 to 1. */
  readonly risk: number;
  readonly riskParts: RiskParts | null;
  /** Chance per hour to lose the machine; null where the engine does not estimate it. */
  readonly lossPerHour: number | null;
  /** Everything in: machines, expected downtime at the workload's price, the move. Lower is better. */
  readonly scoreUsdPerHour: number | null;
  /** Machines only: the primary here, and the standby that goes with it. */
  readonly expectedUsdPerHour: number | null;
  readonly expectedDowntimeSecondsPerHour: number | null;
  /** Empty for a candidate that passes. */
  readonly rejectedBecause: readonly RejectionCode[];
}

/** What a move is expected to bring, after what it costs. */
export interface ExpectedSaving {
  /** Present cost less that of the target, machines only. */
  readonly grossUsdPerHour: number;
  readonly doubleRunUsd: number;
  readonly transferUsd: number;
  readonly downtimeUsd: number;
  /** Over which the one-off costs are spread. */
  readonly horizonHours: number;
  readonly netUsdPerHour: number;
}

export const PROPOSED_ACTIONS = ['stay', 'switch_to_spot', 'switch_to_ondemand', 'create_replica'] as const;
/** `create_replica`: the primary stays, but a standby is wanted that is not there. */
export type ProposedAction = (typeof PROPOSED_ACTIONS)[number];

export interface Proposal {
  readonly engine: string;
  readonly engineVersion: string;
  readonly action: ProposedAction;
  /** Where the primary should go; null to stay. */
  readonly target: PlacementChoice | null;
  /** Where a standby should stand; null for none. An engine without a say in it repeats the present one. */
  readonly standby: PlacementChoice | null;
  readonly candidates: readonly ScoredCandidate[];
  readonly reason: string;
  /** The net figure of `expectedSaving`; 0 without a move. */
  readonly expectedSavingsUsdPerHour: number;
  readonly expectedSaving: ExpectedSaving | null;
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
