import { parsePoolId, regionOf } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  type CurrentPlacement,
  type Observation,
  type PoolObservation,
  priceFeaturesOf,
  type StandbyPlacement,
} from '../engine/ports.js';
import type { LearningStore } from '../learning/ports.js';
import {
  markFeaturesOf,
  type MarketState,
  type MarketStore,
  type MarkStore,
  type PoolMark,
  type PoolPrice,
  type PricePointOfPool,
} from '../market/ports.js';
import { NOTHING_LEARNED } from '../engine/learner.js';
import type { Placement, Standby, Workload } from '../workload/ports.js';
import { economicsOf, seedOf } from './economics.js';

const HISTORY_MS = 30 * 86_400_000;

/** Whom the observation is about. */
export interface Subject {
  readonly workload: Workload;
  readonly primary: Placement;
  readonly primarySince: Date;
  readonly standby: Standby | null;
  /** Changes of primary of the last 7 days. */
  readonly changesAtMs: readonly number[];
  readonly now: Date;
}

/** Gathers what an engine may look at, from the projections of this service only. */
export class Observe {
  constructor(
    private readonly stores: {
      readonly markets: MarketStore;
      readonly marks: MarkStore;
      readonly learnings: LearningStore;
    },
    private readonly settings: { readonly cycleMs: number; readonly maxPriceAgeMs: number },
  ) {}

  async execute(tx: Tx, subject: Subject): Promise<Observation> {
    const { workload, primary, standby, now } = subject;
    const { az, instanceType } = parsePoolId(primary.poolId);
    const market = { region: regionOf(az), instanceType };
    const since = new Date(now.getTime() - HISTORY_MS);
    const state = await this.stores.markets.find(tx, market);
    const pools = await this.stores.markets.listPools(tx, market);
    const poolIds = pools.map((pool) => pool.poolId);
    const points = Map.groupBy(
      await this.stores.markets.listPoints(tx, poolIds, since),
      (point) => point.poolId,
    );
    const marks = Map.groupBy(await this.stores.marks.listMarks(tx, poolIds, since), (mark) => mark.poolId);
    const learned = (await this.stores.learnings.find(tx, market))?.learned ?? NOTHING_LEARNED;
    const onDemand = onDemandOf(pools);
    const { settings } = workload;
    return {
      at: now.toISOString(),
      agentId: workload.agentId,
      region: market.region,
      instanceType,
      seed: seedOf(workload.agentId, now),
      cycleSeconds: this.settings.cycleMs / 1000,
      current: currentOf(subject, az, pools, onDemand),
      standby: standby === null ? null : standbyOf(standby, { pools, onDemand, now }),
      // One that manual mode keeps, or anybody else, is not an engine's to judge.
      standbyAllowed:
        settings.autoReplicaEnabled && !settings.manualReplicaEnabled && standby?.advised !== false,
      limits: {
        minSavingsPercent: settings.minSavingsPercent,
        maxRisk: settings.maxRisk,
        maxPriceAgeSeconds: this.settings.maxPriceAgeMs / 1000,
      },
      economics: economicsOf(settings, onDemand),
      changesAt: subject.changesAtMs.map((atMs) => new Date(atMs).toISOString()),
      pools: pools.map((pool) =>
        observed({
          pool,
          state,
          points: points.get(pool.poolId) ?? [],
          marks: marks.get(pool.poolId) ?? [],
          belief: learned.pools.get(pool.poolId) ?? null,
          now,
        }),
      ),
      onDemand,
      market: learned.market,
    };
  }
}

interface PoolFacts {
  readonly pool: PoolPrice;
  readonly state: MarketState | null;
  readonly points: readonly PricePointOfPool[];
  readonly marks: readonly PoolMark[];
  readonly belief: PoolObservation['belief'];
  readonly now: Date;
}

function observed({ pool, state, points, marks, belief, now }: PoolFacts): PoolObservation {
  const series = seriesOf(pool, points);
  const prices = priceFeaturesOf(series, now.getTime());
  const first = series[0];
  const features = markFeaturesOf(marks, first === undefined ? null : new Date(first.atMs), now);
  return {
    poolId: pool.poolId,
    az: pool.az,
    instanceType: pool.instanceType,
    usdPerHour: pool.usdPerHour,
    onDemandUsdPerHour: pool.onDemandUsdPerHour,
    available: isAvailable(pool),
    underNotice: features.underNotice,
    belief,
    pricesReadUntil: state?.readUntil?.toISOString() ?? null,
    interruptions30d: features.interruptions,
    volatility24h: prices.volatility24h,
    rising: prices.rising,
    quietHours: features.quietHours,
    blockedUntil: features.blockedUntil?.toISOString() ?? null,
  };
}

/** Nobody asks a pool for a machine only to see; known is whether its price is above the cap. */
function isAvailable({ usdPerHour, onDemandUsdPerHour }: PoolPrice): boolean | null {
  return onDemandUsdPerHour === null ? null : usdPerHour <= onDemandUsdPerHour;
}

/** Points of the last 30 days, with the present price where it is older than all of them. */
function seriesOf(
  pool: PoolPrice,
  points: readonly PricePointOfPool[],
): { atMs: number; usdPerHour: number }[] {
  const series = points.map((point) => ({ atMs: point.at.getTime(), usdPerHour: point.usdPerHour }));
  const present = { atMs: pool.observedAt.getTime(), usdPerHour: pool.usdPerHour };
  if (series.some((point) => point.atMs === present.atMs)) return series;
  return [...series, present].sort((a, b) => a.atMs - b.atMs);
}

/** The price of an instance type is the same in every zone; a figure from the catalogue beats an estimate. */
function onDemandOf(pools: readonly PoolPrice[]): Observation['onDemand'] {
  const known = pools.flatMap(({ onDemandUsdPerHour, onDemandSource }) =>
    onDemandUsdPerHour === null ? [] : [{ usdPerHour: onDemandUsdPerHour, source: onDemandSource }],
  );
  return known.find((price) => price.source !== 'estimated') ?? known[0] ?? null;
}

type Prices = Pick<Observation, 'onDemand'> & { readonly pools: readonly PoolPrice[] };

function priceOf(mode: 'spot' | 'ondemand', poolId: string, { pools, onDemand }: Prices): number | null {
  if (mode === 'ondemand') return onDemand?.usdPerHour ?? null;
  return pools.find((pool) => pool.poolId === poolId)?.usdPerHour ?? null;
}

function currentOf(
  { primary, primarySince, now }: Subject,
  az: string,
  pools: readonly PoolPrice[],
  onDemand: Observation['onDemand'],
): CurrentPlacement {
  const { mode, poolId } = primary;
  return {
    mode,
    poolId,
    az,
    usdPerHour: mode === 'unknown' ? null : priceOf(mode, poolId, { pools, onDemand }),
    estimated: mode === 'ondemand' && onDemand?.source === 'estimated',
    ageSeconds: secondsSince(primarySince.getTime(), now),
  };
}

function standbyOf(standby: Standby, market: Prices & { readonly now: Date }): StandbyPlacement {
  const { mode, poolId, requestedAt, readyAt } = standby;
  return {
    mode,
    poolId,
    usdPerHour: priceOf(mode, poolId, market),
    ageSeconds: secondsSince(requestedAt.getTime(), market.now),
    ready: readyAt !== null,
  };
}

function secondsSince(atMs: number, now: Date): number {
  return Math.max(0, Math.round((now.getTime() - atMs) / 1000));
}
