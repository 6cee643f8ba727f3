import type { Learned, MarketSample, Observation, PoolObservation } from '@spotopt/decision';
import { mulberry32 } from '@spotopt/testkit';

export const STEP_S = 300;

interface SyntheticPool {
  readonly poolId: string;
  readonly az: string;
  readonly instanceType: string;
  readonly onDemandUsdPerHour: number;
  /** Chance per step to go away once it has been up for an hour; it falls with age. */
  readonly frailty: number;
  usdPerHour: number;
  isUp: boolean;
  stepsInState: number;
}

/** Pools with heavy-tailed spells, some of which fall together, and prices that wander about their level. Seeded. */
export class SyntheticMarket {
  readonly #random: () => number;
  readonly #pools: readonly SyntheticPool[];

  constructor(
    size: { readonly regions: number; readonly zones: number; readonly types: number },
    seed: number,
  ) {
    this.#random = mulberry32(seed);
    const zones = Array.from({ length: size.regions * size.zones }, (_, index) => {
      const letter = String.fromCharCode('a'.charCodeAt(0) + (index % size.zones));
      return `eu-test-${String(Math.floor(index / size.zones) + 1)}${letter}`;
    });
    const types = Array.from({ length: size.types }, (_, index) => `m${String(index + 4)}.large`);
    this.#pools = types
      .flatMap((instanceType) => zones.map((az) => this.#poolOf(instanceType, az)))
      .sort((a, b) => (a.poolId < b.poolId ? -1 : 1));
  }

  #poolOf(instanceType: string, az: string): SyntheticPool {
    const usdPerHour = 0.025 + this.#random() * 0.05;
    const frailty = 0.03 * this.#random() ** 3;
    return {
      ...{ poolId: `${instanceType}.${az}`, az, instanceType, onDemandUsdPerHour: 0.1, frailty, usdPerHour },
      ...{ isUp: this.#random() < 0.8, stepsInState: 0 },
    };
  }

  next(at: number): MarketSample {
    const shocked =
      this.#random() < 0.002 ? this.#pools[Math.floor(this.#random() * this.#pools.length)]?.az : null;
    for (const pool of this.#pools) this.#step(pool, pool.az === shocked);
    return {
      at,
      pools: this.#pools.map(({ poolId, az, instanceType, usdPerHour, onDemandUsdPerHour, isUp }) => ({
        ...{ poolId, az, instanceType, usdPerHour, onDemandUsdPerHour },
        ...{ available: isUp, advisorBucket: null },
      })),
    };
  }

  #step(pool: SyntheticPool, isShocked: boolean): void {
    const hours = (pool.stepsInState * STEP_S) / 3600;
    const chance = pool.isUp ? pool.frailty / Math.sqrt(0.2 + hours) : 0.05;
    const turns = this.#random() < chance || (pool.isUp && isShocked && this.#random() < 0.5);
    pool.stepsInState = turns ? 0 : pool.stepsInState + 1;
    if (turns) pool.isUp = !pool.isUp;
    if (this.#random() < 0.05) pool.usdPerHour *= Math.exp((this.#random() - 0.5) * 0.04);
  }
}

/** What a workload in one of the pools is shown at this moment. */
export function observationOf(sample: MarketSample, learned: Learned, turn: number): Observation {
  const at = new Date(sample.at * 1000).toISOString();
  const pools = sample.pools.map((pool): PoolObservation => ({
    ...pool,
    ...{ pricesReadUntil: at, interruptions30d: 0, volatility24h: 0.01, rising: false, quietHours: 10 },
    ...{ blockedUntil: null, underNotice: false, belief: learned.pools.get(pool.poolId) ?? null },
  }));
  const up = pools.filter(({ available }) => available === true);
  const here = up[turn % up.length] ?? pools[0];
  const beside = up[(turn * 7 + 1) % up.length] ?? pools[1];
  if (here === undefined || beside === undefined) throw new Error('a market needs two pools');
  const spot = { mode: 'spot', ageSeconds: 7200 } as const;
  return {
    ...{ at, agentId: 'bench', region: 'eu-test-1', instanceType: 'm4.large', seed: turn, cycleSeconds: 900 },
    current: {
      ...{ ...spot, poolId: here.poolId, az: here.az, usdPerHour: here.usdPerHour, estimated: false },
    },
    standby: { ...spot, poolId: beside.poolId, usdPerHour: beside.usdPerHour, ready: true },
    standbyAllowed: true,
    limits: { minSavingsPercent: 30, maxRisk: 0.3, maxPriceAgeSeconds: 3600 },
    economics: {
      ...{ downtimeUsdPerMinute: 10 / 60, promoteSeconds: 10, coldLaunchSeconds: 180 },
      ...{ doubleRunSeconds: 480, oldKeptSeconds: 0, transferUsd: 0.001 },
    },
    changesAt: [],
    pools,
    onDemand: { usdPerHour: 0.1, source: 'catalogue' },
    market: learned.market,
  };
}
