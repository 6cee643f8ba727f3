import { mulberry32 } from '@spotopt/testkit';
import { type Learned, type MarketSample, NOTHING_LEARNED } from '../learner.js';
import type { Observation, PoolObservation } from '../engine.js';
import { observationOf, poolOf } from '../observation-samples.contract.js';
import { learn } from './learn.js';

export const START_S = Date.parse('2026-11-01T00:00:00Z') / 1000;

export const poolIdOfZone = (zone: string): string => `t3.medium.us-east-1${zone}`;

export interface PoolState {
  readonly zone: string;
  readonly up: boolean | null;
  readonly usd?: number | null;
}

export function sampleAt(at: number, states: readonly PoolState[]): MarketSample {
  return {
    at,
    pools: states.map(({ zone, up, usd = 0.0125 }) => ({
      ...{ poolId: poolIdOfZone(zone), az: `us-east-1${zone}`, instanceType: 't3.medium' },
      ...{ usdPerHour: usd, onDemandUsdPerHour: 0.0416, available: up, advisorBucket: null },
    })),
  };
}

/** Samples `stepS` apart from the start; each string is one pool, `1` up, `0` away, `?` not known. */
export function learnSteps(zones: Readonly<Record<string, string>>, stepS = 3600): Learned {
  const steps = Math.max(...Object.values(zones).map((states) => states.length));
  let learned = NOTHING_LEARNED;
  for (let step = 0; step < steps; step += 1) {
    const states = Object.entries(zones).map(([zone, text]) => ({
      zone,
      up: text[step] === '?' ? null : text[step] === '1',
    }));
    learned = learn(learned, sampleAt(START_S + step * stepS, states));
  }
  return learned;
}

/** An observation of anything at all, with beliefs that were learned; the same for the same seed. */
export function randomObservation(seed: number): Observation {
  const random = mulberry32(seed);
  const oneOf = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const zones = Array.from({ length: 1 + Math.floor(random() * 16) }, (_, zone) =>
    String.fromCharCode('a'.charCodeAt(0) + zone),
  );
  let learned = NOTHING_LEARNED;
  const isUp = new Map(zones.map((zone) => [zone, random() < 0.8]));
  let at = START_S;
  for (let step = 0; step < 1 + random() * 200; step += 1) {
    for (const zone of zones) if (random() < 0.1) isUp.set(zone, !isUp.get(zone));
    at += 60 + Math.floor(random() * 900);
    const states = zones.map((zone) => {
      const up = random() < 0.02 ? null : (isUp.get(zone) ?? false);
      return { zone, up, usd: random() < 0.02 ? null : 0.005 + random() * 0.045 };
    });
    learned = learn(learned, sampleAt(at, states));
  }
  const now = new Date(at * 1000 + 60_000).toISOString();
  const pools = zones.map((zone): PoolObservation =>
    poolOf({
      ...{ poolId: poolIdOfZone(zone), az: `us-east-1${zone}` },
      usdPerHour: oneOf(null, 0.005 + random() * 0.03, 0.005 + random() * 0.03, 0.01),
      onDemandUsdPerHour: oneOf(null, 0.0416, 0.0416),
      pricesReadUntil: oneOf(null, now, now, now, new Date(at * 1000 - 7_200_000).toISOString()),
      available: oneOf<boolean | null>(null, true, true, isUp.get(zone) ?? false),
      blockedUntil: oneOf(null, null, null, new Date(at * 1000 + 7_200_000).toISOString()),
      underNotice: random() < 0.1,
      belief: oneOf(null, learned.pools.get(poolIdOfZone(zone)) ?? null),
    }),
  );
  const somewhere = (): string => poolIdOfZone(oneOf(...zones, 'z'));
  const age = Math.floor(random() * 100_000);
  return observationOf({
    at: now,
    ...presentOf(),
    standbyAllowed: random() < 0.7,
    limits: { ...observationOf().limits, minSavingsPercent: oneOf(0, 30), maxRisk: oneOf(0.3, 1) },
    economics: {
      downtimeUsdPerMinute: oneOf(0, 0.0416 / 0.6, 5),
      ...{ promoteSeconds: 10, coldLaunchSeconds: 180 },
      doubleRunSeconds: oneOf(0, 180),
      oldKeptSeconds: oneOf(0, 1800),
      transferUsd: oneOf(0, 0.01),
    },
    pools,
    onDemand: oneOf(null, {
      usdPerHour: 0.0416,
      source: oneOf('catalogue' as const, 'price-list' as const, 'estimated' as const, null),
    }),
    market: oneOf(null, learned.market),
  });

  function presentOf(): Pick<Observation, 'current' | 'standby'> {
    const poolId = somewhere();
    const mode = oneOf('spot' as const, 'spot' as const, 'ondemand' as const, 'unknown' as const);
    const usdPerHour = mode === 'unknown' ? null : oneOf(null, 0.0416, 0.01);
    const estimated = random() < 0.2;
    const current = { mode, poolId, az: poolId.slice(-10), usdPerHour, estimated, ageSeconds: age };
    const standby = {
      ...{ mode: oneOf('spot' as const, 'spot' as const, 'ondemand' as const), poolId: somewhere() },
      ...{ usdPerHour: oneOf(null, 0.01), ageSeconds: 600, ready: random() < 0.5 },
    };
    return { current: oneOf(null, current, current, current), standby: oneOf(null, standby) };
  }
}
