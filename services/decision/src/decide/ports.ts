import type { Tx } from '@spotopt/kernel';
import type { EngineRef, EngineRunner } from '../runtime/ports.js';
import type { EngineFailure } from './ask-engines.js';

import type { Decision, DecisionSummary } from './decision.js';

export type { EngineAttempt, EngineFailure } from './ask-engines.js';
export type { Decision, DecisionSummary } from './decision.js';

export interface DecisionFilter {
  readonly clientId: string | null;
  readonly agentId: string | null;
  readonly limit: number;
}

export abstract class DecisionStore {
  abstract add(tx: Tx, decision: Decision): Promise<void>;
  abstract find(tx: Tx, decisionId: string): Promise<Decision | null>;
  /** Newest first; `total` goes up to 10,000. */
  abstract list(tx: Tx, filter: DecisionFilter): Promise<{ decisions: DecisionSummary[]; total: number }>;
}

/** Brings the prices of a market up to date with their owner. */
export abstract class MarketRefresh {
  abstract execute(market: { readonly region: string; readonly instanceType: string }): Promise<void>;
}

/** Brings what is learned of a market up to now. */
export abstract class MarketLearner {
  abstract learn(market: { readonly region: string; readonly instanceType: string }): Promise<void>;
}

/** The engines that have a say now. */
export abstract class EngineRoster {
  /** The live one, then those that stand in for it. Never fails and is never empty. */
  abstract inCharge(): Promise<readonly EngineRunner[]>;
  /** Engines that decide nothing and are compared with those that do. */
  abstract shadows(): Promise<readonly EngineRunner[]>;
  /**
   * The engine that made an earlier decision, for making it again; to be closed by the caller.
   * @throws AppError `engine-gone` (permanent) when its file is not kept any more
   */
  abstract find(ref: EngineRef): Promise<EngineRunner>;
  /** Told of every failure and every good answer; one that keeps failing is replaced by its fallback. */
  abstract report(engine: EngineRef, failure: EngineFailure | null): Promise<void>;
}
