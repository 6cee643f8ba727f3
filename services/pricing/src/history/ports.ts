import type { Tx } from '@spotopt/kernel';
import type { Market } from '../pools/ports.js';

/** A market whose prices somebody needs, and how far they were read. */
export interface PriceWatch extends Market {
  /** Every change up to here is stored; null until the first read ended. */
  readonly readUntil: Date | null;
}

export abstract class WatchStore {
  /** True when the market was not watched before. */
  abstract add(tx: Tx, market: Market, wantedAt: Date): Promise<boolean>;

  abstract list(tx: Tx): Promise<PriceWatch[]>;

  /** Never moves back. */
  abstract setReadUntil(tx: Tx, markets: readonly Market[], readUntil: Date): Promise<void>;

  /**
   * Notes that the prices of a market were confirmed by other means than AWS's history.
   * True at most once per `everyMs`, so that a crowd of reporters does not become a crowd of events.
   */
  abstract noteConfirmed(
    tx: Tx,
    market: Market,
    confirmation: { readonly at: Date; readonly everyMs: number },
  ): Promise<boolean>;
}

export interface HistoryChange {
  readonly poolId: string;
  readonly usdPerHour: number;
  readonly changedAt: Date;
}

export interface HistoryQuery {
  readonly region: string;
  readonly instanceTypes: readonly string[];
  readonly from: Date;
  readonly until: Date;
}

/** AWS's own record of spot prices. */
export abstract class PriceHistory {
  /** Pages of changes in no promised order, with the last change before `from` of each pool. */
  abstract changes(query: HistoryQuery): AsyncIterable<readonly HistoryChange[]>;
}
