import type { Clock, Inbox, UnitOfWork } from '@spotopt/kernel';
import type { Market } from '../pools/ports.js';
import type { WatchStore } from './ports.js';

export interface WatchMarketDeps {
  readonly uow: UnitOfWork;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly watches: WatchStore;
  /** Called when a market came into play, so that its prices are read at once. */
  readonly onNewMarket: () => void;
}

/** A workload runs in a market: its prices are needed from now on. */
export class WatchMarket {
  constructor(private readonly deps: WatchMarketDeps) {}

  async execute(messageId: string, markets: readonly Market[]): Promise<void> {
    const added = await this.deps.uow.run(async (tx) => {
      if (!(await this.deps.inbox.claim(tx, 'pricing.watch-market', messageId))) return false;
      let isNew = false;
      for (const market of markets.filter(isRealMarket)) {
        isNew = (await this.deps.watches.add(tx, market, this.deps.clock.now())) || isNew;
      }
      return isNew;
    });
    if (added) this.deps.onNewMarket();
  }
}

/** Agents that do not know where they run are registered under placeholders. */
function isRealMarket(market: Market): boolean {
  return (
    /^[a-z0-9-]+\.[a-z0-9-]+$/.test(market.instanceType) && /^[a-z]{2}(-[a-z]+)+-\d$/.test(market.region)
  );
}
