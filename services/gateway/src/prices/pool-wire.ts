import type { PoolFacts, PoolRiskView, PricePoint } from '@spotopt/contracts';
import type { PoolsRoute, ResponseOf } from '@spotopt/contracts/http';

type PoolItem = ResponseOf<typeof PoolsRoute>['pools'][number];
type Rate = PoolFacts['interruptions']['h24'];

/** Less than another price, in percent of that; null while either is unknown. */
export function savingsPercent(usdPerHour: number | null, againstUsdPerHour: number | null): number | null {
  if (usdPerHour === null || againstUsdPerHour === null || againstUsdPerHour === 0) return null;
  return Number(((1 - usdPerHour / againstUsdPerHour) * 100).toFixed(2));
}

/** Pools with a price, cheapest first; equal ones by name, so that a list does not jump. */
export function cheapestFirst(pools: readonly PoolFacts[]): (PoolFacts & { spotUsdPerHour: number })[] {
  return pools
    .filter((pool): pool is PoolFacts & { spotUsdPerHour: number } => pool.spotUsdPerHour !== null)
    .sort((a, b) => a.spotUsdPerHour - b.spotUsdPerHour || a.poolId.localeCompare(b.poolId));
}

function toRate({ count, instanceHours, perInstanceDay }: Rate): PoolItem['interruptions']['h24'] {
  return { count, instance_hours: instanceHours, per_instance_day: perInstanceDay };
}

export function toPoolItem(pool: PoolFacts, risk: PoolRiskView | undefined): PoolItem {
  const { advisor, placementScore, interruptions, boot } = pool;
  return {
    id: pool.poolId,
    pool_id: pool.poolId,
    name: pool.name,
    instance_type: pool.instanceType,
    az: pool.az,
    region: pool.region,
    spot_price: pool.spotUsdPerHour,
    on_demand_price: pool.onDemandUsdPerHour,
    on_demand_source: pool.onDemandSource,
    on_demand_as_of: pool.onDemandAsOf,
    savings_percent: savingsPercent(pool.spotUsdPerHour, pool.onDemandUsdPerHour),
    risk_score: risk?.score ?? null,
    risk_label: risk?.label ?? null,
    source: pool.source,
    observed_at: pool.observedAt,
    confirmed_at: pool.confirmedAt,
    offered: pool.offered,
    advisor:
      advisor === null
        ? null
        : {
            bucket: advisor.bucket,
            label: advisor.label,
            savings_percent: advisor.savingsPercent,
            read_at: advisor.readAt,
          },
    placement_score:
      placementScore === null ? null : { score: placementScore.score, read_at: placementScore.readAt },
    interruptions: {
      h24: toRate(interruptions.h24),
      d7: toRate(interruptions.d7),
      d30: toRate(interruptions.d30),
    },
    boot: boot === null ? null : { average_seconds: boot.averageMs / 1_000, samples: boot.samples },
  };
}

export function toPriceState({
  state,
  source,
  method,
  confidence,
}: PricePoint): Pick<PricePoint, 'state' | 'source' | 'method' | 'confidence'> {
  return { state, source, method, confidence };
}
