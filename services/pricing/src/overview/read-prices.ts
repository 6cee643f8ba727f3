import type { CurrentPrices, PricingSummary, RawPrices, RpcRequest, RpcResponse } from '@spotopt/contracts';
import type { UnitOfWork } from '@spotopt/kernel';
import type { PoolStore, RawPriceStore } from '../pools/ports.js';

export interface ReadPricesDeps {
  readonly uow: UnitOfWork;
  readonly pools: PoolStore;
  readonly raw: RawPriceStore;
}

/** Answers what others want to know of prices. */
export class ReadPrices {
  constructor(private readonly deps: ReadPricesDeps) {}

  summary(): Promise<RpcResponse<typeof PricingSummary>> {
    const { uow, pools, raw } = this.deps;
    return uow.read(async (tx) => {
      const coverage = await pools.coverage(tx);
      return {
        poolsCovered: coverage.pools,
        rawPrices: await raw.count(tx),
        latestObservedAt: coverage.latestObservedAt?.toISOString() ?? null,
      };
    });
  }

  async current(request: RpcRequest<typeof CurrentPrices>): Promise<RpcResponse<typeof CurrentPrices>> {
    const prices = await this.deps.uow.read((tx) => this.deps.pools.listInForce(tx, request));
    return {
      pools: prices.flatMap(({ pool, inForce }) => {
        if (inForce === null) return [];
        return [
          {
            poolId: pool.poolId,
            spotUsdPerHour: inForce.usdPerHour,
            onDemandUsdPerHour: pool.onDemand?.usdPerHour ?? null,
            onDemandSource: pool.onDemand?.source ?? null,
            source: inForce.source,
            observedAt: inForce.observedAt.toISOString(),
          },
        ];
      }),
    };
  }

  async raw(request: RpcRequest<typeof RawPrices>): Promise<RpcResponse<typeof RawPrices>> {
    const { from, to } = request;
    const { prices, total } = await this.deps.uow.read((tx) =>
      this.deps.raw.list(tx, {
        ...request,
        from: from === null ? null : new Date(from),
        to: to === null ? null : new Date(to),
      }),
    );
    return {
      total,
      prices: prices.map(({ observedAt, usdPerHour, source }) => ({
        observedAt: observedAt.toISOString(),
        spotUsdPerHour: usdPerHour,
        source,
      })),
    };
  }
}
