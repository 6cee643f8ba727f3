import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { Market, MarketStore, PricingReads } from './ports.js';

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

  async execute(market: Market): Promise<void> {
    const { uow, clock, markets, pricing } = this.deps;
    const now = clock.now();
    const prices = await pricing.currentPrices(market);
    const since = new Date(now.getTime() - HISTORY_MS);
    const histories = await Promise.all(prices.map((price) => pricing.priceChanges(price.poolId, since)));
    await uow.run(async (tx) => {
      for (const price of prices) await markets.savePrice(tx, price);
      for (const points of histories) await markets.addPoints(tx, points);
      if (prices.length > 0) await markets.setRefreshed(tx, market, now);
    });
  }
}
