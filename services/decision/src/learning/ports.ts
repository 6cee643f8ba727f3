import type { Tx } from '@spotopt/kernel';
import type { Market } from '../market/ports.js';
import type { Learned } from '../engine/learner.js';

/** What was learned of a market, and up to when. */
export interface MarketLearning extends Market {
  readonly learned: Learned;
  readonly learnedUntil: Date;
  /** Name and version of what learned it: another one starts anew. */
  readonly learner: string;
  /** Rises with every write. */
  readonly version: number;
}

export abstract class LearningStore {
  abstract find(tx: Tx, market: Market): Promise<MarketLearning | null>;
  /**
   * Writes what was made from `known`; `known` null adds it.
   * @throws AppError `version-conflict` (transient) when somebody else wrote it since `known` was read
   */
  abstract save(tx: Tx, known: MarketLearning | null, next: Omit<MarketLearning, 'version'>): Promise<void>;
}
