import type { Tx } from '@spotopt/kernel';
import type { PriorFit } from './prior-fit.js';
import type { HazardPriors } from './spell-model.js';

export type { PriorFit } from './prior-fit.js';
export { BUILT_IN_PRIORS } from './spell-model.js';
export type { HazardPriors } from './spell-model.js';

/** What engines start from. */
export abstract class PriorStore {
  /** Null while the built-in ones are in use. */
  abstract active(
    tx: Tx,
    market: { readonly region: string; readonly instanceType: string },
  ): Promise<HazardPriors | null>;
}

export abstract class PriorFitStore {
  abstract add(tx: Tx, fit: PriorFit): Promise<void>;
  abstract find(tx: Tx, fitId: string): Promise<PriorFit | null>;
  /** Newest first. */
  abstract list(tx: Tx, limit: number): Promise<PriorFit[]>;
  /** Oldest fit that is to be made, or whose making was cut off. */
  abstract next(tx: Tx): Promise<PriorFit | null>;
  /** Answers the fit as it is stored now. @throws AppError `version-conflict` (transient) when somebody else wrote */
  abstract save(tx: Tx, before: PriorFit, next: PriorFit): Promise<PriorFit>;
  abstract activeFitId(tx: Tx): Promise<string | null>;
  /** @param fitId null for the built-in ones */
  abstract activate(tx: Tx, fitId: string | null, at: Date): Promise<void>;
}
