import type { OnDemandSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import type { Market, OnDemandPrice } from '../pools/ports.js';

/** A price that holds from `validFrom` until the next one of the same market. */
export interface OnDemandPriceInForce extends Market, OnDemandPrice {
  readonly validFrom: Date;
  readonly source: OnDemandSource;
}

/** On-demand prices of markets over time: past days are priced with what was in force then. */
export abstract class OnDemandPriceStore {
  /**
   * Takes what the price list says now: for every pool of the market, and into the history when it differs from what
   * was in force. The first price that is taken keeps the estimate or catalogue price before it in the history.
   */
  abstract takeListed(tx: Tx, listed: Market & { readonly usdPerHour: number }, readAt: Date): Promise<void>;

  /**
   * The price of each market that was in force at a moment; for a moment before the first known price that one.
   * Markets without any are left out.
   */
  abstract inForceAt(tx: Tx, markets: readonly Market[], at: Date): Promise<OnDemandPriceInForce[]>;

  /** The first price that came into force within [from, until) and is no estimate. */
  abstract firstListed(
    tx: Tx,
    market: Market,
    span: { readonly from: Date; readonly until: Date },
  ): Promise<OnDemandPriceInForce | null>;
}

/** What an on-demand machine costs, from whatever is known. */
export abstract class OnDemandPrices {
  /**
   * Hourly price of an on-demand machine of the pool's type as it was in force at the moment; null when nobody knows
   * it. An estimate gives way to what is listed first within [at, listedUntil): whoever prices a whole day would else
   * keep the estimate of its first moment for good.
   */
  abstract priceOf(tx: Tx, poolId: string, at: Date, listedUntil?: Date): Promise<OnDemandPrice | null>;
}
