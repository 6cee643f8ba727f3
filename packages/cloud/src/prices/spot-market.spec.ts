import { expect, it } from '@jest/globals';
import { newestPrices } from '@spotopt/cloud';
import type { SpotPricePoint } from '@spotopt/cloud';

function point(az: string, minute: number, usdPerHour: number): SpotPricePoint {
  const changedAt = new Date(Date.UTC(2026, 0, 1, 0, minute));
  return { instanceType: 'm5.large', az, product: 'Linux/UNIX', usdPerHour, changedAt };
}

async function* pagesOf(...pages: SpotPricePoint[][]): AsyncIterable<readonly SpotPricePoint[]> {
  for (const page of pages) yield await Promise.resolve(page);
}

it('takes the newest price of each pool, whatever page brings it', async () => {
  const prices = await newestPrices(
    pagesOf(
      [point('a', 5, 0.05), point('b', 1, 0.01)],
      [point('a', 9, 0.09), point('a', 2, 0.02)],
      [point('b', 0, 0.99)],
    ),
  );
  expect(prices.map(({ az, usdPerHour }) => [az, usdPerHour])).toEqual([
    ['a', 0.09],
    ['b', 0.01],
  ]);
});
