import { mulberry32 } from '@spotopt/testkit';
import type { ReplayMarket, Scenario } from './scenario.js';

export interface SampleSize {
  readonly steps: number;
  readonly pools: number;
  readonly stepSeconds?: number;
  /** Chance that a pool is there in a step, where it does not keep its state. @default 0.65 */
  readonly up?: number;
  /** Chance that a pool's price and state stay as they were. @default 0 */
  readonly keep?: number;
}

/** Zones z0, z1, …; one type, a dollar an hour on demand. */
export function sampleMarket({ steps, pools, stepSeconds = 300 }: SampleSize): ReplayMarket {
  return {
    id: 'sample',
    kind: 'trace',
    startS: Date.parse('2026-01-01T00:00:00Z') / 1000,
    stepSeconds,
    steps,
    onDemand: { instanceType: 't', usdPerHour: 1 },
    pools: Array.from({ length: pools }, (_, index) => ({
      id: `z${String(index)}/t`,
      region: 'z',
      az: `z${String(index)}`,
      instanceType: 't',
      onDemandUsdPerHour: 1,
      advisorBucket: null,
    })),
  };
}

/** @param prices and available: by step, then by pool */
export function scenarioOf(
  prices: readonly (readonly number[])[],
  available: readonly (readonly number[])[],
): Scenario {
  const market = sampleMarket({ steps: prices.length, pools: prices[0]?.length ?? 0 });
  return {
    ...market,
    prices: market.pools.map((_, pool) => Float64Array.from(prices, (row) => row[pool] ?? 0)),
    available: market.pools.map((_, pool) => Uint8Array.from(available, (row) => row[pool] ?? 0)),
  };
}

export function randomScenario(seed: number, size: SampleSize): Scenario {
  const { steps, up = 0.65, keep = 0 } = size;
  const market = sampleMarket(size);
  const random = mulberry32(seed);
  const columns = market.pools.map(() => {
    const prices = new Float64Array(steps);
    const available = new Uint8Array(steps);
    for (let step = 0; step < steps; step += 1) {
      const stays = step > 0 && random() < keep;
      prices[step] = stays ? (prices[step - 1] ?? 0) : Math.round((0.1 + random() * 0.9) * 1000) / 1000;
      available[step] = stays ? (available[step - 1] ?? 0) : Number(random() < up);
    }
    return { prices, available };
  });
  return {
    ...market,
    prices: columns.map(({ prices }) => prices),
    available: columns.map(({ available }) => available),
  };
}
