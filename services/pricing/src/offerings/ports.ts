import type { Tx } from '@spotopt/kernel';

export interface Offering {
  readonly instanceType: string;
  readonly az: string;
}

/** What AWS sells where. */
export abstract class Offerings {
  /**
   * The zones of a region in which each of the types is sold; a type may have the wildcard `*`, as `m5.*`.
   * @throws AppError as the cloud's adapters do
   */
  abstract offered(region: string, instanceTypes: readonly string[]): Promise<readonly Offering[]>;
}

export abstract class OfferingStore {
  /** Notes for each pool whether it is sold. */
  abstract save(tx: Tx, offered: ReadonlyMap<string, boolean>, readAt: Date): Promise<void>;
}
