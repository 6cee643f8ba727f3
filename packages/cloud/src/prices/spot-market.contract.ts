import { beforeAll, expect, it } from '@jest/globals';
import { newestPrices } from '@spotopt/cloud';
import type { SpotMarket, SpotPricePoint } from '@spotopt/cloud';

export interface SpotMarketUnderTest {
  readonly spotMarket: SpotMarket;
  /** The price in force now. */
  priceNow(poolId: string): number;
}

async function all(pages: AsyncIterable<readonly SpotPricePoint[]>): Promise<SpotPricePoint[]> {
  const points: SpotPricePoint[] = [];
  for await (const page of pages) points.push(...page);
  return points;
}

/** What every implementation of `SpotMarket` promises, for a region with m5.large and t3.medium in three zones. */
export function spotMarketContract(setUp: () => Promise<SpotMarketUnderTest>): void {
  let env: SpotMarketUnderTest;

  beforeAll(async () => {
    env = await setUp();
  });

  it('gives the price in force of every pool when the history starts now', async () => {
    const pages = env.spotMarket.priceHistory({ instanceTypes: ['m5.large'], startTime: new Date() });
    const prices = await newestPrices(pages);
    expect(prices.map((price) => price.az).sort()).toEqual(['us-east-1a', 'us-east-1b', 'us-east-1c']);
    for (const price of prices) {
      expect(price.usdPerHour).toBeCloseTo(env.priceNow(`m5.large.${price.az}`), 6);
      expect(price.changedAt.getTime()).toBeLessThanOrEqual(Date.now());
    }
  });

  it('gives the changes of a span and the price at its start', async () => {
    const startTime = new Date(Date.now() - 12 * 3_600_000);
    const query = { instanceTypes: ['t3.medium'], availabilityZone: 'us-east-1b', startTime };
    const points = await all(env.spotMarket.priceHistory(query));
    expect(points.length).toBeGreaterThan(0);
    expect(points.some((point) => point.changedAt.getTime() <= startTime.getTime())).toBe(true);
    for (const point of points) {
      expect(point).toMatchObject({ instanceType: 't3.medium', az: 'us-east-1b', product: 'Linux/UNIX' });
    }
  });

  it('has no history of what is not sold', async () => {
    const startTime = new Date();
    await expect(
      all(env.spotMarket.priceHistory({ instanceTypes: ['x9.huge'], startTime })),
    ).resolves.toEqual([]);
  });

  it('says where a type is sold', async () => {
    const offerings = await env.spotMarket.offerings(['m5.large']);
    expect(offerings.map((offering) => offering.az).sort()).toEqual([
      'us-east-1a',
      'us-east-1b',
      'us-east-1c',
    ]);
    expect(new Set(offerings.map((offering) => offering.instanceType))).toEqual(new Set(['m5.large']));
  });
}
