import type { OnDemandPriceList, PlacementScores, SpotAdvisor } from '@spotopt/cloud';
import type { Tx } from '@spotopt/kernel';
import type { Offerings } from '../offerings/ports.js';
import type { Market } from '../pools/ports.js';

export type FactKind = 'on-demand' | 'advisor' | 'offerings' | 'placement';

/** Something that is read of AWS about watched markets again and again. */
export interface MarketFact {
  readonly kind: FactKind;
  /**
   * What is read by itself: markets, of which those of one region are read together; or regions as a whole, all of
   * them together.
   */
  readonly unit: 'market' | 'region';
  /** Between two reads that went well. */
  readonly intervalMs: number;
  /**
   * Reads and stores it; doing so twice has the same effect as once.
   * @throws AppError what was not read is tried again later
   */
  read(markets: readonly Market[], signal?: AbortSignal): Promise<void>;
}

/** In place of the instance type for what is read of a region as a whole. */
export const WHOLE_REGION = '*';

/** How the last read of a fact went. */
export interface FactRead extends Market {
  readonly kind: FactKind;
  /** Failed reads since the last one that went well. */
  readonly failures: number;
  readonly dueAt: Date;
}

/** When which fact of which market is read next; kept, so that a restart does not read everything again. */
export abstract class FactReadStore {
  abstract list(tx: Tx, kind: FactKind): Promise<FactRead[]>;

  abstract save(
    tx: Tx,
    read: FactRead & {
      readonly triedAt: Date;
      /** Code of the error; null when it went well. */
      readonly problem: string | null;
    },
  ): Promise<void>;
}

/** Where facts come from; null for what is not configured. */
export interface MarketSources {
  readonly priceList: OnDemandPriceList | null;
  readonly advisor: SpotAdvisor | null;
  readonly scores: PlacementScores | null;
  readonly offerings: Offerings | null;
}
