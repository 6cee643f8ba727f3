import { logNormal, seededRandom, seedOf } from '../region/seeded-random.js';
import type { SimulatedRegion } from '../region/simulated-region.js';

/**
 * How often a pool loses its capacity:
 * - `typical`: as the public advisor data has it for ordinary types, 2.5 to 25 % of instances a month;
 * - `lively`: about once in twelve hours, to see something happen;
 * - `stress`: as probed for scarce large types, where capacity lasts 13 / 32 / 117 minutes (quartiles).
 */
export type SeededProfile = 'typical' | 'lively' | 'stress';

export interface SeededSource {
  readonly kind: 'seeded';
  readonly profile: SeededProfile;
  readonly seed: number;
  /** Losses per pool and day, instead of the profile's own. */
  readonly lossesPerDay?: number;
  /** The same for single pools; 0 is never. */
  readonly lossesPerDayByPool?: Readonly<Record<string, number>>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Middles of the buckets of the Spot Advisor, as a share of instances per month. */
const MONTHLY_RATES = [0.025, 0.075, 0.125, 0.175, 0.25];

/** Quartiles of 13, 32 and 117 minutes give this median and spread. */
const STRESS_UP_MEDIAN_MS = 32 * MINUTE_MS;
const STRESS_SIGMA = 1.63;
/** With spells like these, a zone is available about 64 % of the time, the mean of the probed zones. */
const DOWN_MEDIAN_MS = 18 * MINUTE_MS;

/** Share of losses that a rebalance recommendation announces, and how long before. */
const ANNOUNCED_SHARE = 0.6;
const LEAD_MEDIAN_MS = 6 * MINUTE_MS;

interface Spells {
  readonly random: () => number;
  readonly upMs: () => number;
}

function exponential(random: () => number, meanMs: number): number {
  return -Math.log(1 - random()) * meanMs;
}

function spellsOf(source: SeededSource, poolId: string): Spells {
  const random = seededRandom(seedOf(poolId, source.seed));
  const lossesPerDay = source.lossesPerDayByPool?.[poolId] ?? source.lossesPerDay;
  if (lossesPerDay !== undefined) return { random, upMs: () => exponential(random, DAY_MS / lossesPerDay) };
  if (source.profile === 'stress') {
    return { random, upMs: () => logNormal(random, STRESS_UP_MEDIAN_MS, STRESS_SIGMA) };
  }
  if (source.profile === 'lively') return { random, upMs: () => exponential(random, DAY_MS / 2) };
  const rate = MONTHLY_RATES[Math.floor(random() * MONTHLY_RATES.length)] ?? 0.125;
  return { random, upMs: () => exponential(random, (30 * DAY_MS) / rate) };
}

function announce(region: SimulatedRegion, poolId: string, lossAtMs: number, random: () => number): void {
  const leadMs = logNormal(random, LEAD_MEDIAN_MS, 0.5);
  if (random() >= ANNOUNCED_SHARE) return;
  region.schedule.at(lossAtMs - leadMs, (atMs) => {
    for (const instance of region.instances.alive(poolId)) {
      if (instance.market === 'spot') region.notices.recommendRebalance(instance, atMs);
    }
  });
}

/** Alternates spells with and without capacity in every pool, each pool from a stream of its own. */
export function startSeeded(region: SimulatedRegion, source: SeededSource): void {
  for (const { id } of region.pools.all()) {
    const { random, upMs } = spellsOf(source, id);
    const nextLoss = (fromMs: number): void => {
      const lossAtMs = fromMs + Math.max(MINUTE_MS, upMs());
      if (!Number.isFinite(lossAtMs)) return;
      announce(region, id, lossAtMs, random);
      region.schedule.at(lossAtMs, (atMs) => {
        region.reclaimPool(id, {}, atMs);
        const backAtMs = atMs + Math.max(MINUTE_MS, logNormal(random, DOWN_MEDIAN_MS, STRESS_SIGMA));
        region.schedule.at(backAtMs, (returnedAtMs) => {
          region.setCapacity(id, 'unlimited', { atMs: returnedAtMs });
          nextLoss(returnedAtMs);
        });
      });
    };
    nextLoss(region.clock.nowMs());
  }
}
