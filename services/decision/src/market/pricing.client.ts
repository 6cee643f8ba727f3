import {
  CurrentPrices,
  parsePoolId,
  PoolCatalogue,
  type PriceSource,
  RawPrices,
  regionOf,
} from '@spotopt/contracts';
import type { Clock } from '@spotopt/kernel';
import type { RpcClient } from '@spotopt/messaging';
import { type Market, type PoolPrice, type PricePointOfPool, PricingReads } from './ports.js';

const PAGE = 5000;
/** Reports repeat the price every few minutes: a day of them is what the volatility needs. */
const REPORTS_MS = 86_400_000;

/** Asks the pricing service over the bus. */
export class RpcPricingReads extends PricingReads {
  constructor(
    private readonly rpc: RpcClient,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async currentPrices(market: Market): Promise<PoolPrice[]> {
    const { pools } = await this.rpc.call(CurrentPrices, market);
    const catalogue = await this.rpc.call(PoolCatalogue, { ...market, poolIds: null });
    const facts = new Map(catalogue.pools.map((pool) => [pool.poolId, pool]));
    return pools.map((pool) => {
      const { instanceType, az } = parsePoolId(pool.poolId);
      const known = facts.get(pool.poolId);
      return {
        poolId: pool.poolId,
        region: regionOf(az),
        az,
        instanceType,
        usdPerHour: pool.spotUsdPerHour,
        observedAt: new Date(pool.observedAt),
        onDemandUsdPerHour: pool.onDemandUsdPerHour,
        onDemandSource: pool.onDemandSource,
        advisorBucket: known?.advisor?.bucket ?? null,
        placementScore: known?.placementScore?.score ?? null,
      };
    });
  }

  /** AWS's own history; where there is none, what agents reported in the last day. */
  override async priceChanges(poolId: string, since: Date): Promise<PricePointOfPool[]> {
    const history = await this.#read(poolId, since, 'spot-price-history');
    if (history.length > 0) return history;
    const lastDayMs = Math.max(since.getTime(), this.clock.nowMs() - REPORTS_MS);
    return this.#read(poolId, new Date(lastDayMs), null);
  }

  async #read(poolId: string, since: Date, source: PriceSource | null): Promise<PricePointOfPool[]> {
    const points: PricePointOfPool[] = [];
    for (;;) {
      const { prices, total } = await this.rpc.call(RawPrices, {
        poolId,
        from: since.toISOString(),
        to: null,
        source,
        limit: PAGE,
        offset: points.length,
      });
      points.push(
        ...prices.map((price) => ({
          poolId,
          at: new Date(price.observedAt),
          usdPerHour: price.spotUsdPerHour,
        })),
      );
      if (prices.length === 0 || points.length >= total) return points;
    }
  }
}
