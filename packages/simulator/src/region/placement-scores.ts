import type { Clock } from '@spotopt/kernel';
import { awsError } from '../aws/aws-error.js';
import { availableIn, type Pools } from './capacity.js';
import { seedOf } from './seeded-random.js';
import { poolIdOf, type Zone } from './zones.js';

const DAY_MS = 86_400_000;
const HIGHEST_SCORE = 10;
/** AWS: with fewer types than this in a request the score is always low. */
const FLEXIBLE_TYPES = 3;
const HIGHEST_INFLEXIBLE_SCORE = 3;

export interface PlacementScoreSettings {
  readonly clock: Clock;
  readonly pools: Pools;
  /** Chooses how roomy each pool is. */
  readonly seed: number;
  /** New configurations per 24 hours. */
  readonly newConfigurationsPerDay: number;
}

/** Spot placement scores: how likely a request finds capacity, and how many different requests may be made. */
export class PlacementScores {
  /** When each configuration was asked first. */
  readonly #firstAskedMs = new Map<string, number>();

  constructor(private readonly settings: PlacementScoreSettings) {}

  /**
   * Takes note of a request; one that was made before is always allowed again.
   * @throws AppError `MaxConfigLimitExceeded`
   */
  admit(configuration: string): void {
    const nowMs = this.settings.clock.nowMs();
    if (this.#firstAskedMs.has(configuration)) return;
    const recent = [...this.#firstAskedMs.values()].filter((firstMs) => firstMs > nowMs - DAY_MS);
    if (recent.length >= this.settings.newConfigurationsPerDay) {
      throw awsError(
        'MaxConfigLimitExceeded',
        'You have exceeded your maximum allowed Spot placement configurations. You can retry configurations that you used within the last 24 hours, or wait for 24 hours before specifying a new configuration.',
      );
    }
    this.#firstAskedMs.set(configuration, nowMs);
  }

  /** 1 to 10 for one zone; undefined when it sells none of the types. */
  scoreOf(zone: Zone, instanceTypes: readonly string[]): number | undefined {
    const pools = instanceTypes.flatMap((type) => this.settings.pools.get(poolIdOf(type, zone.name)) ?? []);
    if (pools.length === 0) return undefined;
    const best = Math.max(
      ...pools.map((pool) => (availableIn(pool, 'spot') < 1 ? 1 : roominessOf(pool.id, this.settings.seed))),
    );
    const isFlexible = new Set(instanceTypes).size >= FLEXIBLE_TYPES;
    return isFlexible ? best : Math.min(best, HIGHEST_INFLEXIBLE_SCORE);
  }
}

/** 2 to 10, the same for the same pool and seed: an empty pool alone scores 1. */
function roominessOf(poolId: string, seed: number): number {
  return 2 + (seedOf(poolId, seed) % (HIGHEST_SCORE - 1));
}
