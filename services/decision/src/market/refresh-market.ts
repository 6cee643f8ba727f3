import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { Market, MarketStore, PricingReads } from './ports.js';
import { isReadGap } from './read-gap.js';

export interface RefreshMarketDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly markets: MarketStore;
  readonly pricing: PricingReads;
}

const HISTORY_MS = 30 * 86_400_000;

/**
 * Fetches the pools of a market and their past from the owner of prices: what events told before this service
 * knew the market, and what they may have failed to tell since.
 */
export class RefreshMarket {
  constructor(private readonly deps: RefreshMarketDeps) {}

  /** Markets whose past has a gap, or was never fetched; when the owner of prices is away, the rest waits as well. */
  async missing(signal?: AbortSignal): Promise<void> {
    const { uow, markets } = this.deps;
    for (const market of await uow.read((tx) => markets.listMarkets(tx))) {
      if (signal?.aborted === true) return;
      const state = await uow.read((tx) => markets.find(tx, market));
      if (state?.refreshedAt === null && state.readUntil !== null) await this.execute(market);
    }
  }

  async execute(market: Market): Promise<void> {
    const { uow, clock, markets, pricing } = this.deps;
    const now = clock.now();
    const before = await uow.read((tx) => markets.find(tx, market));
    const prices = await pricing.currentPrices(market);
    const since = new Date(now.getTime() - HISTORY_MS);
    const histories = await Promise.all(prices.map((price) => pricing.priceChanges(price.poolId, since)));
    await uow.run(async (tx) => {
      for (const price of prices) await markets.savePrice(tx, price);
      for (const points of histories) await markets.addPoints(tx, points);
      const after = await markets.find(tx, market);
      // What was answered may be older than prices that were read meanwhile.
      const isOvertaken = isReadGap(before?.readUntil ?? null, after?.readUntil ?? null);
      if (prices.length > 0 && !isOvertaken) await markets.setRefreshed(tx, market, now);
    });
  }
}
