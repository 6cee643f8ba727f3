import type { RiskCause, RiskLabel } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import type { PoolFacts, PoolRisk, Score } from './pool-risk.js';

export type { PoolFacts, PoolRisk, Score } from './pool-risk.js';

export interface RiskFilter {
  readonly region: string | null;
  readonly instanceType: string | null;
  readonly label: RiskLabel | null;
  /** Null for all. */
  readonly poolIds: readonly string[] | null;
}

export interface PastScore extends Score {
  readonly poolId: string;
  readonly cause: RiskCause;
  readonly scoredAt: Date;
}

export abstract class RiskStore {
  abstract find(tx: Tx, poolIds: readonly string[]): Promise<PoolRisk[]>;
  /** The riskiest first. */
  abstract list(tx: Tx, filter: RiskFilter): Promise<PoolRisk[]>;
  /** Adds rows of pools that have none; answers the pools that somebody else added first. */
  abstract add(tx: Tx, rows: readonly PoolRisk[]): Promise<string[]>;
  /** Replaces the row of this version by the next one; false when it is another one by now. */
  abstract replace(tx: Tx, before: PoolRisk, next: PoolRisk): Promise<boolean>;
  /** Nothing but the time differs. Never moves back. */
  abstract confirm(tx: Tx, poolIds: readonly string[], scoredAt: Date): Promise<void>;
  abstract record(tx: Tx, rows: readonly PoolRisk[]): Promise<void>;
  /** Oldest first. */
  abstract history(
    tx: Tx,
    poolIds: readonly string[],
    window: { readonly from: Date; readonly to: Date },
  ): Promise<PastScore[]>;
}

export abstract class RiskFactsReader {
  /** All pools that are known, sorted. */
  abstract listPoolIds(tx: Tx): Promise<string[]>;
  /** Facts of those of the pools that are known, in a few statements however many they are. */
  abstract read(tx: Tx, poolIds: readonly string[], now: Date): Promise<PoolFacts[]>;
}

/** Chances per hour to lose a machine, where something estimates them. */
export abstract class LossRates {
  abstract read(tx: Tx, pools: readonly PoolFacts[], now: Date): Promise<ReadonlyMap<string, number>>;
}
