import type { PriceChange } from '@spotopt/pricing';
import { z } from 'zod';
import type { World } from './world.js';

const PAGE = 5000;
const StoredPrices = z.object({
  prices: z.array(z.object({ observed_at: z.string(), spot_price: z.number(), source: z.string() })),
  total: z.number(),
});

/** Pool ids of the machine's instance type, in every zone. */
export function poolsOf(world: World, ec2InstanceId: string): string[] {
  const type = world.simulator.region.instances.get(ec2InstanceId)?.instanceType;
  return world.simulator.priceBook.pools
    .filter((pool) => pool.instanceType === type)
    .map((pool) => `${pool.instanceType}.${pool.zone}`);
}

/** What pricing stored of the cloud's own price history, over the API. */
export async function readStoredHistory(world: World, poolIds: readonly string[]): Promise<PriceChange[]> {
  const changes: PriceChange[] = [];
  for (const poolId of poolIds) {
    for (let offset = 0; ; offset += PAGE) {
      const page = StoredPrices.parse(
        await world.api.get(`/api/pools/${poolId}/prices?limit=${String(PAGE)}&offset=${String(offset)}`),
      );
      for (const price of page.prices) {
        if (price.source !== 'spot-price-history') continue;
        changes.push({ poolId, atMs: Date.parse(price.observed_at), usdPerHour: price.spot_price });
      }
      if (page.prices.length < PAGE) break;
    }
  }
  return changes;
}

/** What the simulated cloud really charged: the recorded file's rows, or the generated ones. */
export function simulatedHistory(world: World, poolIds: readonly string[]): PriceChange[] {
  return world.simulator.priceBook.series
    .filter((series) => poolIds.includes(series.poolId))
    .flatMap((series) =>
      series.changes.map((change) => ({
        poolId: series.poolId,
        atMs: change.atMs,
        usdPerHour: change.usdPerHour,
      })),
    );
}
