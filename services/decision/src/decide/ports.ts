import type { Tx } from '@spotopt/kernel';
import type { Decision } from './decision.js';

export type { Decision } from './decision.js';

export interface DecisionFilter {
  readonly clientId: string | null;
  readonly agentId: string | null;
  readonly limit: number;
}

export abstract class DecisionStore {
  abstract add(tx: Tx, decision: Decision): Promise<void>;
  abstract find(tx: Tx, decisionId: string): Promise<Decision | null>;
  /** Newest first. */
  abstract list(tx: Tx, filter: DecisionFilter): Promise<{ decisions: Decision[]; total: number }>;
}

/** Brings the prices of a market up to date with their owner. */
export abstract class MarketRefresh {
  abstract execute(market: { readonly region: string; readonly instanceType: string }): Promise<void>;
}
