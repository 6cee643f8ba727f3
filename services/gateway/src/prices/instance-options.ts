import { ListSwitches } from '@spotopt/contracts';
import type { PoolFacts, PoolRiskView } from '@spotopt/contracts';
import type {
  AvailableOptionsRoute,
  BodyOf,
  PoolVolatilityRoute,
  ResponseOf,
  SimulateSwitchRoute,
} from '@spotopt/contracts/http';
import type { Clock } from '@spotopt/kernel';
import type { FoundInstance } from '../agents/find-instance.js';
import { invalidRequest } from '../invalid-body.js';
import type { ServiceRequests } from '../ports.js';
import { medianDowntimeSeconds } from '../switch-downtime.js';
import type { ReadPoolRisk } from '../risk/read-pool-risk.js';
import { roundUsd } from '../savings/usd.js';
import { gridOf, lastHours } from './chart-grid.js';
import type { TimeWindow } from './chart-grid.js';
import { cheapestFirst, savingsPercent } from './pool-wire.js';
import { NO_STATISTICS, recommendedPool } from './read-market.js';
import type { InstanceMarket, PoolStatistics, ReadMarket } from './read-market.js';
import { interruptionProbability24h, recommendationOf } from './switch-advice.js';

type Volatility = ResponseOf<typeof PoolVolatilityRoute>['alternative_pools'][number];
type Simulation = ResponseOf<typeof SimulateSwitchRoute>['simulation'];

const STEADINESS_HOURS = 7 * 24;
const CONFIDENCE_HOURS = 1;
const HOURS_PER_DAY = 24;
const HOURS_PER_MONTH = 720;
const REMEMBERED_SWITCHES = 100;

export interface InstanceOptionsParts {
  readonly requests: ServiceRequests;
  readonly market: ReadMarket;
  readonly risks: ReadPoolRisk;
  readonly clock: Clock;
}

/** Where an instance could go and what that would mean (I5, I8, I9). */
export class InstanceOptions {
  constructor(private readonly parts: InstanceOptionsParts) {}

  async available(instance: FoundInstance): Promise<ResponseOf<typeof AvailableOptionsRoute>> {
    const { market } = this.parts;
    const [around, region, risks] = await Promise.all([
      market.around(instance),
      market.pools(instance.region, null),
      this.parts.risks.beside(instance.region, instance.instanceType),
    ]);
    const priced = cheapestFirst(around.pools);
    const unpriced = around.pools.filter(({ spotUsdPerHour }) => spotUsdPerHour === null);
    const recommended = recommendedPool(around);
    const pools = [...priced, ...unpriced].map((pool) =>
      poolOption(pool, around, { recommended: pool.poolId === recommended, risk: risks.get(pool.poolId) }),
    );
    const types = [
      ...new Set([instance.instanceType, ...region.map(({ instanceType }) => instanceType)]),
    ].sort();
    return {
      pools,
      instanceTypes: types,
      currentType: instance.instanceType,
      currentRegion: instance.region,
      currentAz: instance.az,
      availablePools: pools,
      availableTypes: types,
      options: pools,
    };
  }

  async volatility(instance: FoundInstance): Promise<ResponseOf<typeof PoolVolatilityRoute>> {
    const around = await this.parts.market.around(instance);
    const statistics = await this.parts.market.statistics(
      around.pools.map(({ poolId }) => poolId),
      this.#steadinessWindow(),
    );
    const item = (pool: PoolFacts): Volatility =>
      volatilityOf(pool, statistics.get(pool.poolId) ?? NO_STATISTICS, around);
    const others = around.pools.filter(({ poolId }) => poolId !== around.current?.poolId);
    return {
      instance_id: instance.ec2InstanceId,
      current_pool: around.current === undefined ? null : item(around.current),
      alternative_pools: cheapestFirst(others).map(item),
    };
  }

  /** @throws AppError `invalid-request` (permanent) for a pool that is not one of the instance’s type and region */
  async simulate(instance: FoundInstance, body: BodyOf<typeof SimulateSwitchRoute>): Promise<Simulation> {
    const around = await this.parts.market.around(instance);
    const target = body.target_type === 'ondemand' ? null : targetPool(around, body.target_pool);
    const targetUsd = target === null ? around.onDemand.usdPerHour : target.spotUsdPerHour;
    const currentUsd = around.currentUsdPerHour;
    const hourly = currentUsd === null || targetUsd === null ? null : currentUsd - targetUsd;
    const percent = savingsPercent(targetUsd, currentUsd);
    const over = (hours: number): number | null => (hourly === null ? null : roundUsd(hourly * hours));
    return {
      target_type: body.target_type,
      target_pool: target?.poolId ?? null,
      current_price: currentUsd,
      target_price: targetUsd,
      hourly_savings: over(1),
      daily_savings: over(HOURS_PER_DAY),
      monthly_savings: over(HOURS_PER_MONTH),
      savings_percent: percent,
      on_demand_estimated: around.onDemand.estimated,
      estimated_downtime_seconds: await this.#downtime(instance),
      confidence: await this.#confidence(instance, around, target),
      // AWS takes no on-demand machine back, and its price does not move.
      volatility_risk: target === null ? 'very_low' : await this.#volatilityRisk(target.poolId),
      interruption_probability_24h: target === null ? 0 : interruptionProbability24h(target),
      recommendation: recommendationOf(percent),
    };
  }

  #steadinessWindow(): TimeWindow {
    return lastHours(this.parts.clock.nowMs(), STEADINESS_HOURS);
  }

  async #volatilityRisk(poolId: string): Promise<PoolStatistics['volatilityCategory']> {
    const statistics = await this.parts.market.statistics([poolId], this.#steadinessWindow());
    return (statistics.get(poolId) ?? NO_STATISTICS).volatilityCategory;
  }

  /** What the workload’s own switches took says most; the tenant’s other workloads are the next best. */
  async #downtime({ agent }: FoundInstance): Promise<number | null> {
    const ask = async (agentId: string | null): Promise<number | null> => {
      const request = { clientId: agent.clientId, agentId, limit: REMEMBERED_SWITCHES };
      return medianDowntimeSeconds((await this.parts.requests.ask(ListSwitches, request)).switches);
    };
    return (await ask(agent.agentId)) ?? ask(null);
  }

  /** Of the spot prices that the figures rest on, the lowest; null when none is of the last hour. */
  async #confidence(
    instance: FoundInstance,
    around: InstanceMarket,
    target: PoolFacts | null,
  ): Promise<number | null> {
    const current = instance.mode === 'spot' ? around.current : undefined;
    const poolIds = [current?.poolId, target?.poolId].filter((id) => id !== undefined);
    if (poolIds.length === 0) return null;
    const window = lastHours(this.parts.clock.nowMs(), CONFIDENCE_HOURS);
    const series = await this.parts.market.series([...new Set(poolIds)], gridOf(window));
    const latest = series.map(
      ({ points }) => points.findLast(({ confidence }) => confidence !== null)?.confidence ?? null,
    );
    const known = latest.filter((confidence) => confidence !== null);
    return known.length < new Set(poolIds).size ? null : Math.min(...known);
  }
}

function poolOption(
  pool: PoolFacts,
  around: InstanceMarket,
  more: { recommended: boolean; risk: PoolRiskView | undefined },
): ResponseOf<typeof AvailableOptionsRoute>['options'][number] & { id: string } {
  const percent = savingsPercent(pool.spotUsdPerHour, around.onDemand.usdPerHour);
  return {
    id: pool.poolId,
    pool_id: pool.poolId,
    name: pool.name,
    instance_type: pool.instanceType,
    region: pool.region,
    az: pool.az,
    price: pool.spotUsdPerHour,
    current_spot_price: pool.spotUsdPerHour,
    savings: percent,
    savings_percent: percent,
    risk_score: more.risk?.score ?? null,
    offered: pool.offered,
    current: pool.poolId === around.current?.poolId,
    recommended: more.recommended,
  };
}

function volatilityOf(
  pool: PoolFacts,
  { volatility, volatilityCategory }: Pick<PoolStatistics, 'volatility' | 'volatilityCategory'>,
  around: InstanceMarket,
): Volatility {
  return {
    pool_id: pool.poolId,
    az: pool.az,
    current_price: pool.spotUsdPerHour,
    volatility_score: volatility,
    volatility_category: volatilityCategory,
    interruption_rate_24h: pool.interruptions.h24.perInstanceDay,
    price_stability_7d: volatility === null ? null : Number(Math.max(0, 1 - volatility).toFixed(4)),
    recommendation: recommendationOf(savingsPercent(pool.spotUsdPerHour, around.currentUsdPerHour)),
  };
}

function targetPool(around: InstanceMarket, poolId: string | null | undefined): PoolFacts {
  const pool = around.pools.find((one) => one.poolId === poolId);
  if (pool !== undefined) return pool;
  const message = 'expected a pool of the instance’s type and region';
  throw invalidRequest([{ path: ['target_pool'], message }]);
}
