import type { PoolFacts } from '@spotopt/contracts';
import type {
  InstancePriceHistoryRoute,
  InstancePricingRoute,
  QueryOf,
  ResponseOf,
} from '@spotopt/contracts/http';
import type { Clock } from '@spotopt/kernel';
import type { FoundInstance } from '../agents/find-instance.js';
import { gridOf, lastHours } from './chart-grid.js';
import { cheapestFirst, savingsPercent, toPriceState } from './pool-wire.js';
import { NO_STATISTICS } from './read-market.js';
import type { InstanceMarket, PoolSeries, PoolStatistics, ReadMarket } from './read-market.js';

type Pricing = ResponseOf<typeof InstancePricingRoute>;
type History = ResponseOf<typeof InstancePriceHistoryRoute>;

const INTERVAL_SECONDS = { hour: 3_600, day: 86_400 } as const;

export interface InstancePricesParts {
  readonly market: ReadMarket;
  readonly clock: Clock;
}

/** Prices around an instance, now and before (I2, I3). */
export class InstancePrices {
  constructor(private readonly parts: InstancePricesParts) {}

  async pricing(instance: FoundInstance, hours: number): Promise<Pricing> {
    const { market, clock } = this.parts;
    const around = await market.around(instance);
    const window = lastHours(clock.nowMs(), hours);
    const poolIds = around.current === undefined ? [] : [around.current.poolId];
    const [statistics, [series]] = await Promise.all([
      market.statistics(poolIds, window),
      market.series(poolIds, gridOf(window)),
    ]);
    const found = statistics.get(poolIds[0] ?? '') ?? NO_STATISTICS;
    return pricingAnswer(instance, around, { hours, statistics: found, series });
  }

  async history(instance: FoundInstance, query: QueryOf<typeof InstancePriceHistoryRoute>): Promise<History> {
    const { market, clock } = this.parts;
    const around = await market.around(instance);
    const step =
      query.step_seconds ?? (query.interval === undefined ? undefined : INTERVAL_SECONDS[query.interval]);
    const grid = gridOf(lastHours(clock.nowMs(), query.hours ?? query.days * 24), step);
    const series = await market.series(
      around.pools.map(({ poolId }) => poolId),
      grid,
    );
    const { onDemand } = around;
    return {
      instance_id: instance.ec2InstanceId,
      instance_type: instance.instanceType,
      region: instance.region,
      from: grid.from,
      to: grid.to,
      step_seconds: grid.stepSeconds,
      on_demand_price: onDemand.usdPerHour,
      on_demand_estimated: onDemand.estimated,
      ...chartOf(around.pools, series, onDemand.usdPerHour),
    };
  }
}

interface Lately {
  readonly hours: number;
  readonly statistics: Omit<PoolStatistics, 'poolId'>;
  readonly series: PoolSeries | undefined;
}

function pricingAnswer(instance: FoundInstance, around: InstanceMarket, lately: Lately): Pricing {
  const { onDemand, current } = around;
  const { statistics, series, hours } = lately;
  return {
    instance_id: instance.ec2InstanceId,
    name: instance.agent.logicalAgentId,
    az: instance.az,
    instance_type: instance.instanceType,
    region: instance.region,
    hours,
    currentMode: instance.mode,
    currentPool: instance.mode === 'spot' && instance.poolId !== null ? { id: instance.poolId } : null,
    onDemand: {
      price: onDemand.usdPerHour,
      source: onDemand.source,
      as_of: onDemand.asOf,
      estimated: onDemand.estimated,
    },
    pools: cheapestFirst(around.pools).map((pool) => ({
      id: pool.poolId,
      name: pool.name,
      az: pool.az,
      price: pool.spotUsdPerHour,
      savings: savingsPercent(pool.spotUsdPerHour, onDemand.usdPerHour),
      observed_at: pool.observedAt,
    })),
    current_price: around.currentUsdPerHour,
    spot_price: current?.spotUsdPerHour ?? null,
    avg_price_24h: statistics.averageUsdPerHour,
    min_price_24h: statistics.minUsdPerHour,
    max_price_24h: statistics.maxUsdPerHour,
    price_trend: statistics.trend,
    data_points: (series?.points ?? []).map(({ at, usdPerHour, state }) => ({
      timestamp: at,
      spot_price: usdPerHour,
      state,
    })),
  };
}

/** Field name of a pool in the rows of a chart: chart libraries take a dot for a path. */
function keyOf(pool: PoolFacts): string {
  return `pool_${pool.az.replaceAll(/[^a-z0-9]/gi, '_')}`;
}

function chartOf(
  pools: readonly PoolFacts[],
  series: readonly PoolSeries[],
  onDemandUsdPerHour: number | null,
): Pick<History, 'data' | 'pools' | 'states'> {
  const rows = new Map<string, Record<string, string | number | null>>();
  const states: History['states'] = {};
  const keys = new Map(pools.map((pool) => [pool.poolId, keyOf(pool)]));
  for (const { poolId, points } of series) {
    const key = keys.get(poolId);
    if (key === undefined) continue;
    states[key] = points.map(toPriceState);
    for (const { at, usdPerHour } of points) {
      const row = rows.get(at) ?? { time: at, onDemand: onDemandUsdPerHour };
      row[key] = usdPerHour;
      rows.set(at, row);
    }
  }
  return {
    data: [...rows.values()],
    pools: pools.map((pool) => ({ id: pool.poolId, name: pool.name, az: pool.az, key: keyOf(pool) })),
    states,
  };
}
