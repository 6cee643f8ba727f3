import type { Tx } from '@spotopt/kernel';
import { lossRates } from '../engine/hazard/loss-rate.js';
import type { Market, MarketStore } from '../market/ports.js';
import { LossRates, type PoolFacts } from '../risk/ports.js';
import type { LearningStore } from './ports.js';

/** At a rate of so many losses per hour; a rate above 1 is no chance above 1. */
function chanceWithinAnHour(ratePerHour: number): number {
  return -Math.expm1(-ratePerHour);
}

/** Chances of loss from the rates as the engine `hazard` reads them from what was learned. */
export class LearnedLossRates extends LossRates {
  constructor(
    private readonly markets: Pick<MarketStore, 'listPools'>,
    private readonly learnings: Pick<LearningStore, 'find'>,
  ) {
    super();
  }

  /** Pools that are away have none: nothing can be lost there. */
  override async read(tx: Tx, pools: readonly PoolFacts[], now: Date): Promise<ReadonlyMap<string, number>> {
    const groups = Map.groupBy(pools, ({ region, instanceType }) => `${region} ${instanceType}`);
    const rates = new Map<string, number>();
    for (const group of groups.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const rateOf = await this.#ratesOf(tx, first, now);
      if (rateOf === null) continue;
      for (const { poolId } of group) {
        const rate = rateOf(poolId);
        if (rate !== null) rates.set(poolId, chanceWithinAnHour(rate));
      }
    }
    return rates;
  }

  /** Null while nothing was learned of the market. */
  async #ratesOf(
    tx: Tx,
    { region, instanceType }: Market,
    now: Date,
  ): Promise<((poolId: string) => number | null) | null> {
    const market = { region, instanceType };
    const found = await this.learnings.find(tx, market);
    if (found === null) return null;
    const { learned } = found;
    const known = await this.markets.listPools(tx, market);
    const pools = known.map((pool) => ({
      ...pool,
      available: null,
      belief: learned.pools.get(pool.poolId) ?? null,
    }));
    const rateOf = lossRates({ at: now.toISOString(), market: learned.market, pools });
    return (poolId) => (learned.pools.get(poolId)?.up === false ? null : rateOf(poolId));
  }
}
