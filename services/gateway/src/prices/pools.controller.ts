import { Param, StreamableFile } from '@nestjs/common';
import { RawPrices } from '@spotopt/contracts';
import type { QueryOf, ResponseOf } from '@spotopt/contracts/http';
import {
  ComparePoolsRoute,
  PoolChartRoute,
  PoolHistoryRoute,
  PoolStatisticsRoute,
  PoolsRoute,
  PriceHistoryRoute,
} from '@spotopt/contracts/http';
import { Clock } from '@spotopt/kernel';
import { ServiceRequests } from '../ports.js';
import { ReadPoolRisk } from '../risk/read-pool-risk.js';
import { QueryFor, Routes, Serves } from '../route.js';
import { assertOrder, gridOf, windowOf } from './chart-grid.js';
import { compareRegions } from './compare-pools.js';
import { chartSvg } from './price-chart.js';
import { cheapestFirst, toPoolItem, toPriceState } from './pool-wire.js';
import { NO_STATISTICS, ReadMarket } from './read-market.js';

const DEFAULT_HOURS = 24;

/** The market, the same for every caller. */
@Routes()
export class PoolsController {
  constructor(
    private readonly requests: ServiceRequests,
    private readonly market: ReadMarket,
    private readonly risks: ReadPoolRisk,
    private readonly clock: Clock,
  ) {}

  @Serves(PoolsRoute)
  async pools(
    @QueryFor(PoolsRoute) query: QueryOf<typeof PoolsRoute>,
  ): Promise<ResponseOf<typeof PoolsRoute>> {
    const { region = null, instance_type: instanceType = null } = query;
    const [pools, risks] = await Promise.all([
      this.market.pools(region, instanceType),
      this.risks.beside(region, instanceType),
    ]);
    const unpriced =
      query.include_unpriced === true ? pools.filter(({ spotUsdPerHour }) => spotUsdPerHour === null) : [];
    const listed = [...cheapestFirst(pools), ...unpriced];
    const items = listed.map((pool) => toPoolItem(pool, risks.get(pool.poolId)));
    return { pools: items, total: items.length };
  }

  @Serves(ComparePoolsRoute)
  async compare(
    @QueryFor(ComparePoolsRoute) query: QueryOf<typeof ComparePoolsRoute>,
  ): Promise<ResponseOf<typeof ComparePoolsRoute>> {
    const regions = compareRegions(await this.market.pools(null, query.instance_type));
    return { instance_type: query.instance_type, regions, total: regions.length };
  }

  @Serves(PriceHistoryRoute)
  async changes(
    @Param('poolId') poolId: string,
    @QueryFor(PriceHistoryRoute) query: QueryOf<typeof PriceHistoryRoute>,
  ): Promise<ResponseOf<typeof PriceHistoryRoute>> {
    assertOrder(query);
    await this.market.pool(poolId);
    const { prices, total } = await this.requests.ask(RawPrices, {
      poolId,
      from: query.from ?? null,
      to: query.to ?? null,
      source: null,
      limit: query.limit,
      offset: query.offset,
    });
    return {
      prices: prices.map(({ observedAt, spotUsdPerHour, source }) => ({
        observed_at: observedAt,
        spot_price: spotUsdPerHour,
        source,
      })),
      total,
    };
  }

  @Serves(PoolHistoryRoute)
  async history(
    @Param('poolId') poolId: string,
    @QueryFor(PoolHistoryRoute) query: QueryOf<typeof PoolHistoryRoute>,
  ): Promise<ResponseOf<typeof PoolHistoryRoute>> {
    const window = windowOf(query, { nowMs: this.clock.nowMs(), defaultHours: DEFAULT_HOURS });
    const grid = gridOf(window, query.step_seconds);
    await this.market.pool(poolId);
    const [series] = await this.market.series([poolId], grid);
    const points = (series?.points ?? []).map((point) => ({
      time: point.at,
      spot_price: point.usdPerHour,
      min_price: point.minUsdPerHour,
      max_price: point.maxUsdPerHour,
      ...toPriceState(point),
    }));
    const { from, to, stepSeconds } = grid;
    return { pool_id: poolId, from, to, step_seconds: stepSeconds, points, total: points.length };
  }

  @Serves(PoolChartRoute)
  async chart(
    @Param('poolId') poolId: string,
    @QueryFor(PoolChartRoute) query: QueryOf<typeof PoolChartRoute>,
  ): Promise<StreamableFile> {
    const window = windowOf(query, { nowMs: this.clock.nowMs(), defaultHours: DEFAULT_HOURS });
    const grid = gridOf(window, query.step_seconds);
    const pool = await this.market.pool(poolId);
    const [series] = await this.market.series([poolId], grid);
    const svg = chartSvg(series?.points ?? [], {
      title: `${pool.name}, USD per hour`,
      stepMs: grid.stepSeconds * 1_000,
      onDemandUsdPerHour: pool.onDemandUsdPerHour,
    });
    return new StreamableFile(Buffer.from(svg), { type: 'image/svg+xml; charset=utf-8' });
  }

  @Serves(PoolStatisticsRoute)
  async statistics(
    @Param('poolId') poolId: string,
    @QueryFor(PoolStatisticsRoute) query: QueryOf<typeof PoolStatisticsRoute>,
  ): Promise<ResponseOf<typeof PoolStatisticsRoute>> {
    const window = windowOf(query, { nowMs: this.clock.nowMs(), defaultHours: DEFAULT_HOURS });
    await this.market.pool(poolId);
    const found = (await this.market.statistics([poolId], window)).get(poolId) ?? NO_STATISTICS;
    return {
      pool_id: poolId,
      from: new Date(window.fromMs).toISOString(),
      to: new Date(window.toMs).toISOString(),
      average_price: found.averageUsdPerHour,
      min_price: found.minUsdPerHour,
      max_price: found.maxUsdPerHour,
      volatility: found.volatility,
      volatility_category: found.volatilityCategory,
      trend: found.trend,
      measured_buckets: found.measuredBuckets,
      filled_buckets: found.filledBuckets,
      empty_buckets: found.emptyBuckets,
      flagged_buckets: found.flaggedBuckets,
    };
  }
}
