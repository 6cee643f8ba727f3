import { parsePoolId, regionOf } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import { type Observation, type PoolObservation, priceFeaturesOf } from '../engine/ports.js';
import {
  markFeaturesOf,
  type MarketState,
  type MarketStore,
  type MarkStore,
  type PoolMark,
  type PoolPrice,
  type PricePointOfPool,
} from '../market/ports.js';
import type { Placement, Workload } from '../workload/ports.js';

const HISTORY_MS = 30 * 86_400_000;

/** Gathers what an engine may look at, from the projections of this service only. */
export class Observe {
  constructor(
    private readonly markets: MarketStore,
    private readonly marks: MarkStore,
  ) {}

  async execute(tx: Tx, workload: Workload, primary: Placement, now: Date): Promise<Observation> {
    const { az, instanceType } = parsePoolId(primary.poolId);
    const market = { region: regionOf(az), instanceType };
    const since = new Date(now.getTime() - HISTORY_MS);
    const state = await this.markets.find(tx, market);
    const pools = await this.markets.listPools(tx, market);
    const poolIds = pools.map((pool) => pool.poolId);
    const points = Map.groupBy(await this.markets.listPoints(tx, poolIds, since), (point) => point.poolId);
    const marks = Map.groupBy(await this.marks.listMarks(tx, poolIds, since), (mark) => mark.poolId);
    const onDemand = onDemandOf(pools);
    return {
      at: now.toISOString(),
      agentId: workload.agentId,
      region: market.region,
      instanceType,
      current: currentOf(primary, az, pools, onDemand),
      limits: {
        minSavingsPercent: workload.settings.minSavingsPercent,
        maxRisk: workload.settings.maxRisk,
      },
      pools: pools.map((pool) =>
        observed({
          pool,
          state,
          points: points.get(pool.poolId) ?? [],
          marks: marks.get(pool.poolId) ?? [],
          now,
        }),
      ),
      onDemand,
    };
  }
}

interface PoolFacts {
  readonly pool: PoolPrice;
  readonly state: MarketState | null;
  readonly points: readonly PricePointOfPool[];
  readonly marks: readonly PoolMark[];
  readonly now: Date;
}

function observed({ pool, state, points, marks, now }: PoolFacts): PoolObservation {
  const series = seriesOf(pool, points);
  const prices = priceFeaturesOf(series, now.getTime());
  const first = series[0];
  const features = markFeaturesOf(marks, first === undefined ? null : new Date(first.atMs), now);
  return {
    poolId: pool.poolId,
    az: pool.az,
    instanceType: pool.instanceType,
    usdPerHour: pool.usdPerHour,
    pricesReadUntil: state?.readUntil?.toISOString() ?? null,
    interruptions30d: features.interruptions,
    volatility24h: prices.volatility24h,
    rising: prices.rising,
    quietHours: features.quietHours,
    blockedUntil: features.blockedUntil?.toISOString() ?? null,
  };
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

function currentOf(
  primary: Placement,
  az: string,
  pools: readonly PoolPrice[],
  onDemand: Observation['onDemand'],
): Observation['current'] {
  const { mode, poolId } = primary;
  if (mode === 'ondemand') {
    const usdPerHour = onDemand?.usdPerHour ?? null;
    return { mode, poolId, az, usdPerHour, estimated: onDemand?.source === 'estimated' };
  }
  const pool = mode === 'spot' ? pools.find((candidate) => candidate.poolId === poolId) : undefined;
  return { mode, poolId, az, usdPerHour: pool?.usdPerHour ?? null, estimated: false };
}
