import type { ZoneScore } from '@spotopt/cloud';
import type { Tx } from '@spotopt/kernel';
import type { Market } from '../pools/ports.js';
import type { Question } from './question.js';

/** A question that was put to AWS, and its last answer. */
export interface AskedQuestion {
  readonly fingerprint: string;
  /** Null until the first answer. */
  readonly readAt: Date | null;
}

/** Questions, answers and how many new questions were asked. */
export abstract class PlacementStore {
  /** The question that was chosen for the market once; it never changes, for every change would count as new. */
  abstract questionOf(tx: Tx, market: Market): Promise<Question | null>;

  abstract chooseQuestion(tx: Tx, market: Market, question: Question): Promise<void>;

  /** Null when it was never asked. */
  abstract asked(tx: Tx, fingerprint: string): Promise<AskedQuestion | null>;

  /**
   * Counts a new question before it is asked: a process that dies in between has used it up.
   * False when `limit` new ones were counted since `since`.
   */
  abstract admit(
    tx: Tx,
    question: Question,
    quota: { readonly at: Date; readonly since: Date; readonly limit: number },
  ): Promise<boolean>;

  /** AWS did not take the new question: it does not count. */
  abstract withdraw(tx: Tx, fingerprint: string): Promise<void>;

  abstract saveAnswer(tx: Tx, fingerprint: string, scores: readonly ZoneScore[], readAt: Date): Promise<void>;

  /** Types of which the region is known to have pools. */
  abstract knownTypes(tx: Tx, region: string): Promise<string[]>;
}
