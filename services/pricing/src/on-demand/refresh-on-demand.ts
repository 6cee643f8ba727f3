import type { OnDemandPriceList } from '@spotopt/cloud';
import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { MarketFact } from '../market/ports.js';
import type { Market } from '../pools/ports.js';
import type { OnDemandPriceStore } from './ports.js';

export interface RefreshOnDemandDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly priceList: OnDemandPriceList;
  readonly prices: OnDemandPriceStore;
  readonly intervalMs: number;
}

/** Prices of the Price List; where it says nothing or cannot be read, the catalogue's stay. */
export class RefreshOnDemand implements MarketFact {
  readonly kind = 'on-demand';
  readonly unit = 'market';
  readonly intervalMs: number;

  constructor(private readonly deps: RefreshOnDemandDeps) {
    this.intervalMs = deps.intervalMs;
  }

  async read(markets: readonly Market[]): Promise<void> {
    const { uow, clock, priceList, prices } = this.deps;
    const [first] = markets;
    if (first === undefined) return;
    const listed = await priceList.prices(
      first.region,
      markets.map((market) => market.instanceType),
    );
    const readAt = clock.now();
    await uow.run(async (tx) => {
      for (const market of markets) {
        const usdPerHour = listed.get(market.instanceType);
        if (usdPerHour !== undefined) await prices.takeListed(tx, { ...market, usdPerHour }, readAt);
      }
    });
  }
}
