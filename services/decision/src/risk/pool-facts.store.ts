import type { Tx } from '@spotopt/kernel';
import { instantOf, selectRows } from '@spotopt/persistence';
import { priceFeaturesOf, type PricePoint } from '../engine/ports.js';
import { markFeaturesOf, type PoolMark } from '../market/ports.js';
import { type PoolFacts, RiskFactsReader } from './ports.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The same horizon as that of a decision. */
const HORIZON_MS = 30 * DAY_MS;

interface PoolLine {
  readonly pool_id: string;
  readonly region: string;
  readonly az: string;
  readonly instance_type: string;
  readonly usd_per_hour: unknown;
  readonly observed_at: unknown;
  readonly read_until: unknown;
}

interface PointLine {
  readonly pool_id: string;
  readonly at: unknown;
  readonly usd_per_hour: unknown;
}

interface MarkLine {
  readonly pool_id: string;
  readonly kind: PoolMark['kind'];
  readonly at: unknown;
}

interface Gathered {
  readonly points: readonly PointLine[];
  readonly marks: readonly MarkLine[];
  readonly firstPriceAt: Date | null;
}

/** Reads what the formula needs of many pools at once: only the last day of prices, and where they begin. */
export class SqlPoolFacts extends RiskFactsReader {
  override async listPoolIds(tx: Tx): Promise<string[]> {
    const rows = await selectRows<{ pool_id: string }>(
      tx,
      'SELECT pool_id FROM market_pool ORDER BY pool_id',
    );
    return rows.map((row) => row.pool_id);
  }

  override async read(tx: Tx, poolIds: readonly string[], now: Date): Promise<PoolFacts[]> {
    if (poolIds.length === 0) return [];
    const these = `pool_id IN (${poolIds.map(() => '?').join(', ')})`;
    const pools = await selectRows<PoolLine>(
      tx,
      `SELECT p.pool_id, p.region, p.az, p.instance_type, p.usd_per_hour, p.observed_at, m.read_until
       FROM market_pool p
       LEFT JOIN market m ON m.region = p.region AND m.instance_type = p.instance_type
       WHERE p.${these} ORDER BY p.pool_id`,
      poolIds,
    );
    const horizon = new Date(now.getTime() - HORIZON_MS);
    const points = Map.groupBy(await pointsOf(tx, these, { poolIds, horizon, now }), (row) => row.pool_id);
    const firsts = await selectRows<{ pool_id: string; first_at: unknown }>(
      tx,
      `SELECT pool_id, MIN(at) AS first_at FROM price_point WHERE ${these} AND at >= ? GROUP BY pool_id`,
      [...poolIds, horizon],
    );
    const firstAt = new Map(firsts.map((row) => [row.pool_id, instantOf(row.first_at)]));
    const marks = Map.groupBy(
      await selectRows<MarkLine>(tx, `SELECT pool_id, kind, at FROM pool_mark WHERE ${these}`, poolIds),
      (row) => row.pool_id,
    );
    return pools.map((pool) => {
      const { pool_id: id } = pool;
      return factsOf(
        pool,
        {
          points: points.get(id) ?? [],
          marks: marks.get(id) ?? [],
          firstPriceAt: firstAt.get(id) ?? null,
        },
        now,
      );
    });
  }
}

/** The last day, and the price that held when it began. */
async function pointsOf(
  tx: Tx,
  these: string,
  { poolIds, horizon, now }: { poolIds: readonly string[]; horizon: Date; now: Date },
): Promise<PointLine[]> {
  const dayAgo = new Date(now.getTime() - DAY_MS);
  const before = await selectRows<PointLine>(
    tx,
    `SELECT p.pool_id, p.at, p.usd_per_hour FROM price_point p
     JOIN (SELECT pool_id, MAX(at) AS last_at FROM price_point
           WHERE ${these} AND at >= ? AND at < ? GROUP BY pool_id) b
       ON b.pool_id = p.pool_id AND b.last_at = p.at`,
    [...poolIds, horizon, dayAgo],
  );
  const within = await selectRows<PointLine>(
    tx,
    `SELECT pool_id, at, usd_per_hour FROM price_point WHERE ${these} AND at >= ? ORDER BY pool_id, at`,
    [...poolIds, dayAgo],
  );
  return [...before, ...within];
}

function factsOf(pool: PoolLine, gathered: Gathered, now: Date): PoolFacts {
  const observedAt = instantOf(pool.observed_at);
  const series = seriesOf(pool, observedAt, gathered.points);
  const prices = priceFeaturesOf(series, now.getTime());
  const firstPriceAt = earlier(gathered.firstPriceAt, observedAt);
  const all = gathered.marks.map(({ pool_id: poolId, kind, at }) => ({ poolId, kind, at: instantOf(at) }));
  const horizonMs = now.getTime() - HORIZON_MS;
  const marks = markFeaturesOf(
    all.filter(({ at }) => at.getTime() >= horizonMs),
    firstPriceAt,
    now,
  );
  const readUntil = pool.read_until === null ? observedAt : instantOf(pool.read_until);
  return {
    poolId: pool.pool_id,
    region: pool.region,
    az: pool.az,
    instanceType: pool.instance_type,
    features: {
      interruptions30d: marks.interruptions,
      volatility24h: prices.volatility24h,
      rising: prices.rising,
      quietHours: marks.quietHours,
    },
    priceHours: Math.max(0, now.getTime() - firstPriceAt.getTime()) / HOUR_MS,
    pricesAsOf: readUntil > observedAt ? readUntil : observedAt,
    firstMarkAt: all
      .filter(({ kind }) => kind !== 'rebalance')
      .reduce<Date | null>((first, { at }) => earlier(first, at), null),
  };
}

/** Oldest first, with the present price where it is not among the points. */
function seriesOf(pool: PoolLine, observedAt: Date, points: readonly PointLine[]): PricePoint[] {
  const series = points.map((point) => ({
    atMs: instantOf(point.at).getTime(),
    usdPerHour: Number(point.usd_per_hour),
  }));
  const present = { atMs: observedAt.getTime(), usdPerHour: Number(pool.usd_per_hour) };
  if (series.some(({ atMs }) => atMs === present.atMs)) return series;
  return [...series, present].sort((a, b) => a.atMs - b.atMs);
}

function earlier(a: Date | null, b: Date): Date {
  return a === null || b < a ? b : a;
}
