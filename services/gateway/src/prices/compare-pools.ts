import type { PoolFacts } from '@spotopt/contracts';
import type { ComparePoolsRoute, ResponseOf } from '@spotopt/contracts/http';
import { cheapestFirst, savingsPercent } from './pool-wire.js';
import { onDemandIn } from './read-market.js';
import { median } from '../switch-downtime.js';

type RegionItem = ResponseOf<typeof ComparePoolsRoute>['regions'][number];

/** The pools of one type by region, the cheapest region first; a region without any price is left out. */
export function compareRegions(pools: readonly PoolFacts[]): RegionItem[] {
  const regions = Map.groupBy(pools, ({ region }) => region);
  return [...regions]
    .flatMap(([region, members]) => regionItem(region, members))
    .sort((a, b) => a.cheapest_price - b.cheapest_price || a.region.localeCompare(b.region));
}

function regionItem(region: string, pools: readonly PoolFacts[]): RegionItem[] {
  const priced = cheapestFirst(pools);
  const [cheapest] = priced;
  const middle = median(priced.map(({ spotUsdPerHour }) => spotUsdPerHour));
  if (cheapest === undefined || middle === null) return [];
  const onDemand = onDemandIn(pools);
  return [
    {
      region,
      pools: priced.length,
      cheapest_pool_id: cheapest.poolId,
      cheapest_az: cheapest.az,
      cheapest_price: cheapest.spotUsdPerHour,
      median_price: middle,
      on_demand_price: onDemand.usdPerHour,
      on_demand_source: onDemand.source,
      estimated: onDemand.estimated,
      savings_percent: savingsPercent(cheapest.spotUsdPerHour, onDemand.usdPerHour),
    },
  ];
}
