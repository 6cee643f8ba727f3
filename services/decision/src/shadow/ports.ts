import type { Tx } from '@spotopt/kernel';
import type { EngineRef } from '../runtime/ports.js';
import type { Advice, Outcome } from './advice.js';
import type { Sighting } from './what-happened.js';

export interface AdviceFilter {
  readonly clientId: string | null;
  readonly agentId: string | null;
  readonly decisionId: string | null;
  readonly limit: number;
}

export interface ComparisonFilter {
  readonly clientId: string | null;
  readonly agentId: string | null;
  readonly from: Date;
  readonly to: Date;
}

/** Where the next page begins: behind this one, towards the past. */
export interface AdvicePosition {
  readonly decidedAt: Date;
  readonly decisionId: string;
}

export abstract class AdviceStore {
  /** Adds those that are not there yet: what an engine said at a decision is never written twice. */
  abstract add(tx: Tx, advice: readonly Advice[]): Promise<void>;
  /** The engine in charge first. */
  abstract ofDecisions(tx: Tx, decisionIds: readonly string[]): Promise<Advice[]>;
  /** Newest first, the engine in charge first. */
  abstract list(tx: Tx, filter: AdviceFilter): Promise<Advice[]>;
  /** Whole decisions, newest first: at most `limit` of them. */
  abstract page(
    tx: Tx,
    filter: ComparisonFilter,
    after: AdvicePosition | null,
    limit: number,
  ): Promise<Advice[]>;
  /** The engine that was asked first at the newest decision, whether or not it answered; null when there is none. */
  abstract lastInCharge(tx: Tx, filter: ComparisonFilter): Promise<EngineRef | null>;
  /** Decisions with an advice that is due to be compared, the longest overdue first. */
  abstract listDue(tx: Tx, now: Date, limit: number): Promise<string[]>;
  /** Decisions of this time to which no advice is kept. */
  abstract listUnadvised(tx: Tx, from: Date, to: Date, limit: number): Promise<string[]>;
  /** Where the workload was seen by decisions of this time, oldest first. */
  abstract listSightings(tx: Tx, agentId: string, from: Date, to: Date): Promise<Sighting[]>;
  /** False when the advice was compared, or put off, by somebody else meanwhile. */
  abstract settle(tx: Tx, advice: Advice, outcome: Outcome, at: Date): Promise<boolean>;
  abstract putOff(tx: Tx, advice: Advice, until: Date): Promise<boolean>;
}
