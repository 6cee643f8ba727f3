import { beforeAll, expect, it } from '@jest/globals';
import type { Offerings } from './ports.js';

/**
 * What every implementation of `Offerings` promises, for us-east-1 with the zones a, b and c that sell m5.large,
 * m5.xlarge and t3.medium.
 */
export function offeringsContract(setUp: () => Promise<Offerings>): void {
  let offerings: Offerings;

  beforeAll(async () => {
    offerings = await setUp();
  });

  const poolsOf = async (...types: string[]) =>
    (await offerings.offered('us-east-1', types))
      .map(({ instanceType, az }) => `${instanceType}.${az}`)
      .sort();

  it('names every zone in which a type is sold', async () => {
    expect(await poolsOf('t3.medium')).toEqual([
      't3.medium.us-east-1a',
      't3.medium.us-east-1b',
      't3.medium.us-east-1c',
    ]);
    expect(await poolsOf('t3.medium', 'm5.large')).toHaveLength(6);
  });

  it('takes a wildcard for the sizes of a family', async () => {
    const types = (await offerings.offered('us-east-1', ['m5.*'])).map((one) => one.instanceType);
    expect([...new Set(types)].sort()).toEqual(['m5.large', 'm5.xlarge']);
  });

  it('has nothing for a type that is not sold', async () => {
    expect(await poolsOf('x9.huge')).toEqual([]);
  });
}
