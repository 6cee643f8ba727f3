import type { Tx } from '@spotopt/kernel';
import { QueuedJobStore } from '../queue/ports.js';
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

export abstract class PriorFitStore extends QueuedJobStore<PriorFit> {
  abstract add(tx: Tx, fit: PriorFit): Promise<void>;
  /** Null while the built-in ones are in use. */
  abstract activeFitId(tx: Tx): Promise<string | null>;
  /** @param fitId null for the built-in ones */
  abstract activate(tx: Tx, fitId: string | null, at: Date): Promise<void>;
}
