import { poolIdOf } from '@spotopt/contracts';
import type { CurrentPlacement, Observation, PoolObservation, StandbyPlacement } from '../engine/ports.js';
import type { Learned, MarketSample } from '../engine/learner.js';
import type { PoolReadings } from './pool-readings.js';
import type { StepObservation } from './policy.js';
import { ON_DEMAND, type ReplayMarket, type ReplayPool, type ReplayRules } from './scenario.js';

type Limits = Observation['limits'];

/** The published rule's limits on a single move. */
export const SEED_RULE_LIMITS: Limits = { minSavingsPercent: 30, maxRisk: 0.3, maxPriceAgeSeconds: 3600 };
/** Nothing in the replay's model limits a move; engines that weigh savings and risk themselves are free to. */
export const NO_LIMITS: Limits = { minSavingsPercent: 0, maxRisk: 1, maxPriceAgeSeconds: 3600 };

interface KnownPool extends ReplayPool {
  readonly poolId: string;
  /** In the market's own order. */
  readonly index: number;
}

interface Seen {
  readonly step: StepObservation;
  readonly readings: PoolReadings;
  readonly learned: Learned;
  readonly changesAtS: readonly number[];
}

/** Says in the product's words what the replay shows: pool ids as `<type>.<zone>`, and the price of downtime. */
export class ReplayTranslator {
  readonly #pools: readonly KnownPool[];
  readonly #byId: ReadonlyMap<string, KnownPool>;
  readonly #onDemandPoolId: string;
  readonly #fixed: Pick<
    Observation,
    'agentId' | 'region' | 'instanceType' | 'cycleSeconds' | 'standbyAllowed' | 'limits' | 'economics'
  >;

  constructor(
    private readonly market: ReplayMarket,
    rules: ReplayRules,
    limits: Limits,
  ) {
    const { pools, onDemand, stepSeconds } = market;
    this.#pools = pools
      .map((pool, index) => ({ ...pool, index, poolId: poolIdOf(pool.instanceType, pool.az) }))
      .sort((a, b) => (a.poolId < b.poolId ? -1 : 1));
    this.#byId = new Map(this.#pools.map((pool) => [pool.id, pool]));
    this.#onDemandPoolId = poolIdOf(onDemand.instanceType, pools[0]?.az ?? ON_DEMAND);
    this.#fixed = {
      agentId: 'replay',
      region: pools[0]?.region ?? '',
      instanceType: onDemand.instanceType,
      cycleSeconds: stepSeconds,
      standbyAllowed: true,
      limits,
      economics: {
        downtimeUsdPerMinute: (rules.downtimeWeight * onDemand.usdPerHour) / 60,
        promoteSeconds: rules.switchReadySeconds,
        coldLaunchSeconds: rules.coldLaunchSeconds,
        doubleRunSeconds: stepSeconds,
        oldKeptSeconds: 0,
        transferUsd: 0,
      },
    };
  }

  /** The pool of a proposal, as the replay names it; null for one that the market does not have. */
  replayIdOf({ mode, poolId }: { readonly mode: string; readonly poolId: string }): string | null {
    if (mode === 'ondemand') return ON_DEMAND;
    return this.#pools.find((pool) => pool.poolId === poolId)?.id ?? null;
  }

  sampleOf(step: StepObservation): MarketSample {
    return {
      at: step.atS,
      pools: this.#pools.map(({ index, poolId, az, instanceType, onDemandUsdPerHour, advisorBucket }) => ({
        poolId,
        az,
        instanceType,
        usdPerHour: step.prices[index] ?? null,
        onDemandUsdPerHour,
        available: step.available[index] ?? null,
        advisorBucket,
      })),
    };
  }

  observationOf(seen: Seen): Observation {
    const { step, learned, changesAtS } = seen;
    const at = isoOf(step.atS);
    return {
      ...this.#fixed,
      at,
      seed: step.step,
      current: this.#currentOf(step),
      standby: this.#standbyOf(step),
      changesAt: changesAtS.map(isoOf),
      pools: this.#pools.map((pool) => this.#poolOf(pool, at, seen)),
      onDemand: { usdPerHour: step.onDemandUsdPerHour, source: 'catalogue' },
      market: learned.market,
    };
  }

  #poolOf(pool: KnownPool, at: string, { step, readings, learned }: Seen): PoolObservation {
    const { index, poolId, az, instanceType, onDemandUsdPerHour } = pool;
    return {
      poolId,
      az,
      instanceType,
      usdPerHour: step.prices[index] ?? null,
      onDemandUsdPerHour,
      pricesReadUntil: at,
      available: step.available[index] ?? null,
      ...readings.read(index),
      blockedUntil: null,
      underNotice: false,
      belief: learned.pools.get(poolId) ?? null,
    };
  }

  #currentOf({ primary, prices, onDemandUsdPerHour }: StepObservation): CurrentPlacement | null {
    if (primary === null) return null;
    const { ageSeconds } = primary;
    const pool = this.#byId.get(primary.pool);
    if (pool === undefined) {
      const az = this.market.pools[0]?.az ?? '';
      const usdPerHour = onDemandUsdPerHour;
      return {
        mode: 'ondemand',
        poolId: this.#onDemandPoolId,
        az,
        usdPerHour,
        estimated: false,
        ageSeconds,
      };
    }
    const usdPerHour = prices[pool.index] ?? null;
    return { mode: 'spot', poolId: pool.poolId, az: pool.az, usdPerHour, estimated: false, ageSeconds };
  }

  #standbyOf({ replica, prices, onDemandUsdPerHour }: StepObservation): StandbyPlacement | null {
    if (replica === null) return null;
    const { ageSeconds, ready } = replica;
    const pool = this.#byId.get(replica.pool);
    return pool === undefined
      ? { mode: 'ondemand', poolId: this.#onDemandPoolId, usdPerHour: onDemandUsdPerHour, ageSeconds, ready }
      : { mode: 'spot', poolId: pool.poolId, usdPerHour: prices[pool.index] ?? null, ageSeconds, ready };
  }
}

function isoOf(atS: number): string {
  return new Date(atS * 1000).toISOString();
}
