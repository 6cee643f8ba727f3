import { PoolCatalogue, PoolId, PriceHistory, PriceStatistics } from '@spotopt/contracts';
import type { PoolFacts, RpcResponse } from '@spotopt/contracts';
import type { FoundInstance } from '../agents/find-instance.js';
import { notFound } from '../caller.js';
import type { ServiceRequests } from '../ports.js';
import type { ChartGrid, TimeWindow } from './chart-grid.js';
import { cheapestFirst } from './pool-wire.js';

export type PoolSeries = RpcResponse<typeof PriceHistory>['pools'][number];

export type PoolStatistics = RpcResponse<typeof PriceStatistics>['pools'][number];

/** Of a pool about which nothing is stored. */
export const NO_STATISTICS: Omit<PoolStatistics, 'poolId'> = {
  averageUsdPerHour: null,
  minUsdPerHour: null,
  maxUsdPerHour: null,
  volatility: null,
  volatilityCategory: 'unknown',
  trend: 'unknown',
  measuredBuckets: 0,
  filledBuckets: 0,
  emptyBuckets: 0,
  flaggedBuckets: 0,
};

export interface OnDemandPrice {
  readonly usdPerHour: number | null;
  readonly source: PoolFacts['onDemandSource'];
  readonly asOf: string | null;
  readonly estimated: boolean;
}

/** The pools that an instance could be in, and what it costs where it is. */
export interface InstanceMarket {
  /** Every pool of its type in its region. */
  readonly pools: readonly PoolFacts[];
  /** The pool of its zone, whatever its mode. */
  readonly current: PoolFacts | undefined;
  readonly onDemand: OnDemandPrice;
  /** Of the instance as it runs now. */
  readonly currentUsdPerHour: number | null;
}

/** Of one request to the series. */
const POOLS_PER_REQUEST = 50;

/** Asks the owner of prices. */
export class ReadMarket {
  constructor(private readonly requests: ServiceRequests) {}

  async pools(region: string | null, instanceType: string | null): Promise<readonly PoolFacts[]> {
    return (await this.requests.ask(PoolCatalogue, { region, instanceType, poolIds: null })).pools;
  }

  /** @throws AppError `not-found` (permanent) */
  async pool(poolId: string): Promise<PoolFacts> {
    if (!PoolId.safeParse(poolId).success) throw notFound('pool');
    const request = { region: null, instanceType: null, poolIds: [poolId] };
    const [pool] = (await this.requests.ask(PoolCatalogue, request)).pools;
    if (pool === undefined) throw notFound('pool');
    return pool;
  }

  async around(instance: FoundInstance): Promise<InstanceMarket> {
    const pools = await this.pools(instance.region, instance.instanceType);
    const current = pools.find(({ poolId }) => poolId === instance.poolId);
    const onDemand = onDemandIn(pools, current);
    const spot = current?.spotUsdPerHour ?? null;
    const byMode = { spot, ondemand: onDemand.usdPerHour, unknown: null };
    return { pools, current, onDemand, currentUsdPerHour: byMode[instance.mode] };
  }

  async statistics(
    poolIds: readonly string[],
    { fromMs, toMs }: TimeWindow,
  ): Promise<ReadonlyMap<string, PoolStatistics>> {
    if (poolIds.length === 0) return new Map();
    const window = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
    const { pools } = await this.requests.ask(PriceStatistics, { poolIds: [...poolIds], ...window });
    return new Map(pools.map((pool) => [pool.poolId, pool]));
  }

  async series(poolIds: readonly string[], grid: ChartGrid): Promise<readonly PoolSeries[]> {
    const requests: Promise<RpcResponse<typeof PriceHistory>>[] = [];
    for (let start = 0; start < poolIds.length; start += POOLS_PER_REQUEST) {
      const part = poolIds.slice(start, start + POOLS_PER_REQUEST);
      requests.push(this.requests.ask(PriceHistory, { poolIds: part, ...grid }));
    }
    return (await Promise.all(requests)).flatMap(({ pools }) => pools);
  }
}

/** One price holds in a whole region; a measured one goes before an estimate. */
export function onDemandIn(pools: readonly PoolFacts[], current?: PoolFacts): OnDemandPrice {
  const priced = [...(current === undefined ? [] : [current]), ...pools].filter(
    ({ onDemandUsdPerHour }) => onDemandUsdPerHour !== null,
  );
  const best = priced.find(({ onDemandSource }) => onDemandSource !== 'estimated') ?? priced[0];
  return {
    usdPerHour: best?.onDemandUsdPerHour ?? null,
    source: best?.onDemandSource ?? null,
    asOf: best?.onDemandAsOf ?? null,
    estimated: best?.onDemandSource === 'estimated',
  };
}

/** The pool that a price alone would choose: the cheapest one that is sold and beats on-demand. */
export function recommendedPool(market: InstanceMarket): string | null {
  const [best] = cheapestFirst(market.pools.filter(({ offered }) => offered !== false));
  const onDemandUsd = market.onDemand.usdPerHour;
  if (best === undefined || onDemandUsd === null || best.spotUsdPerHour >= onDemandUsd) return null;
  return best.poolId;
}
