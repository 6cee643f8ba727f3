import { beforeAll, expect, it } from '@jest/globals';
import type { OnDemandPriceList } from '@spotopt/cloud';

export interface PriceListUnderTest {
  readonly priceList: OnDemandPriceList;
  /** The next read is refused for want of rights. */
  denyOnce(): void;
}

/**
 * What every implementation of `OnDemandPriceList` promises, for a list that has m5.large at 0.096 and t3.medium at
 * 0.0416 USD per hour in us-east-1.
 */
export function onDemandPriceListContract(setUp: () => Promise<PriceListUnderTest>): void {
  let env: PriceListUnderTest;

  beforeAll(async () => {
    env = await setUp();
  });

  it('gives the price of an hour for each type that is asked for', async () => {
    const prices = await env.priceList.prices('us-east-1', ['t3.medium', 'm5.large', 'm5.large']);
    expect(new Map(prices)).toEqual(
      new Map([
        ['m5.large', 0.096],
        ['t3.medium', 0.0416],
      ]),
    );
    const one = await env.priceList.prices('us-east-1', ['m5.large']);
    expect([...one.keys()]).toEqual(['m5.large']);
  });

  it('leaves out what the list does not have', async () => {
    const prices = await env.priceList.prices('us-east-1', ['m5.large', 'x9.huge']);
    expect([...prices.keys()]).toEqual(['m5.large']);
    await expect(env.priceList.prices('eu-west-1', ['m5.large'])).resolves.toEqual(new Map());
    await expect(env.priceList.prices('us-east-1', [])).resolves.toEqual(new Map());
  });

  it('says that it may not, once and for all, and works when it may', async () => {
    env.denyOnce();
    await expect(env.priceList.prices('us-east-1', ['m5.large'])).rejects.toMatchObject({
      code: 'access-denied',
      kind: 'permanent',
    });
    await expect(env.priceList.prices('us-east-1', ['m5.large'])).resolves.toMatchObject({ size: 1 });
  });
}
