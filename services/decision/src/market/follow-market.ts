import type { RiskCause } from '@spotopt/contracts';
import type { Inbox, Tx, UnitOfWork } from '@spotopt/kernel';
import type { Interruption, MachinePlacement, Market, MarketStore, MarkStore, PoolPrice } from './ports.js';
import { isReadGap } from './read-gap.js';

export interface FollowMarketDeps {
  readonly uow: UnitOfWork;
  readonly inbox: Inbox;
  readonly markets: MarketStore;
  readonly marks: MarkStore;
  /** Called when prices were read, since a workload may be waiting for its first decision. */
  readonly onPricesRead: () => void;
  /** Called after something was stored that speaks for or against a pool. */
  readonly onPoolChanged: (poolId: string, cause: RiskCause) => void;
}

/** Keeps prices, interruptions and refusals of pools up to date from events, in whatever order they come. */
export class FollowMarket {
  constructor(private readonly deps: FollowMarketDeps) {}

  async priceChanged(messageId: string, price: PoolPrice): Promise<void> {
    await this.#once(messageId, (tx) => this.deps.markets.savePrice(tx, price));
    this.deps.onPoolChanged(price.poolId, 'price-changed');
  }

  async pricesRead(messageId: string, markets: readonly Market[], readUntil: Date): Promise<void> {
    await this.#once(messageId, async (tx) => {
      for (const market of markets) {
        const known = await this.deps.markets.find(tx, market);
        if (isReadGap(known?.readUntil ?? null, readUntil)) {
          await this.deps.markets.setRefreshed(tx, market, null);
        }
        await this.deps.markets.setReadUntil(tx, market, readUntil);
      }
    });
    this.deps.onPricesRead();
  }

  async machinesPlaced(messageId: string, placements: readonly MachinePlacement[]): Promise<void> {
    await this.#once(messageId, async (tx) => {
      for (const placement of placements) await this.deps.marks.savePlacement(tx, placement);
    });
  }

  async interrupted(messageId: string, interruption: Interruption): Promise<void> {
    await this.#once(messageId, (tx) => this.deps.marks.addInterruption(tx, interruption));
    await this.#tellPoolOf(interruption.ec2InstanceId, 'interruption');
  }

  async recommended(messageId: string, recommendation: Interruption): Promise<void> {
    await this.#once(messageId, (tx) => this.deps.marks.addRecommendation(tx, recommendation));
    await this.#tellPoolOf(recommendation.ec2InstanceId, 'notice');
  }

  async launchFailed(messageId: string, failure: { poolId: string; at: Date }): Promise<void> {
    await this.#once(messageId, (tx) => this.deps.marks.addLaunchFailure(tx, { id: messageId, ...failure }));
    this.deps.onPoolChanged(failure.poolId, 'launch-failed');
  }

  async #tellPoolOf(ec2InstanceId: string, cause: RiskCause): Promise<void> {
    const poolId = await this.deps.uow.read((tx) => this.deps.marks.spotPoolOf(tx, ec2InstanceId));
    if (poolId !== null) this.deps.onPoolChanged(poolId, cause);
  }

  async #once(messageId: string, work: (tx: Tx) => Promise<void>): Promise<void> {
    await this.deps.uow.run(async (tx) => {
      if (!(await this.deps.inbox.claim(tx, 'decision.follow-market', messageId))) return;
      await work(tx);
    });
  }
}
