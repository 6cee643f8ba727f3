import type {
  CanonicalPrices,
  PriceChanges,
  PriceHistory,
  PriceStatistics,
  RpcRequest,
  RpcResponse,
} from '@spotopt/contracts';
import { AppError, type Clock, type Tx, type UnitOfWork } from '@spotopt/kernel';
import type { CanonicalStore } from '../canonical/ports.js';
import { type PoolStore, spotPoolOf } from '../pools/ports.js';
import { bucketOf, type SeriesBucket, type SeriesStore, type Span } from '../series/ports.js';
import { changesIn, cursorOf, type Place, placeOf } from './price-changes.js';
import { gridOver, pointsOf, stepsIn } from './price-grid.js';
import { statisticsOf } from './price-statistics.js';

export interface ReadSeriesDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly series: SeriesStore;
  readonly pools: PoolStore;
  readonly canonical: CanonicalStore;
}

type Change = RpcResponse<typeof PriceChanges>['changes'][number];

/** More would be a download, not a chart. */
const MAX_POINTS = 60_000;
/** Read at once for an export. */
const EXPORT_SPAN_MS = 14 * 86_400_000;
/** A page of steady prices has few changes, but must not take for ever either. */
const READS_PER_PAGE = 40;

/** Answers what charts, statistics, exports and training read of the consolidated prices. */
export class ReadSeries {
  constructor(private readonly deps: ReadSeriesDeps) {}

  /** @throws AppError `too-many-points` (permanent) */
  async history(request: RpcRequest<typeof PriceHistory>): Promise<RpcResponse<typeof PriceHistory>> {
    const { poolIds, from, to, stepSeconds } = request;
    const grid = gridOver(new Date(from), new Date(this.#ended(to)), stepSeconds * 1_000);
    if (stepsIn(grid) * poolIds.length > MAX_POINTS) {
      throw AppError.permanent(
        'too-many-points',
        `${String(stepsIn(grid) * poolIds.length)} points are more than ${String(MAX_POINTS)}: take a longer step, fewer pools or a shorter window`,
      );
    }
    const span = { from: new Date(grid.fromMs), until: new Date(grid.untilMs) };
    const byPool = await this.#buckets(poolIds, span);
    return {
      stepSeconds,
      pools: poolIds.map((poolId) => ({ poolId, points: pointsOf(byPool.get(poolId) ?? [], grid) })),
    };
  }

  async statistics(
    request: RpcRequest<typeof PriceStatistics>,
  ): Promise<RpcResponse<typeof PriceStatistics>> {
    const window = { fromMs: bucketOf(Date.parse(request.from)), untilMs: this.#ended(request.to) };
    const span = { from: new Date(window.fromMs), until: new Date(window.untilMs) };
    const byPool = await this.#buckets(request.poolIds, span);
    return {
      pools: request.poolIds.map((poolId) => statisticsOf(poolId, byPool.get(poolId) ?? [], window)),
    };
  }

  changes(request: RpcRequest<typeof PriceChanges>): Promise<RpcResponse<typeof PriceChanges>> {
    const start = placeOf(request.cursor);
    return this.deps.uow.read(async (tx) => {
      const found: Change[] = [];
      const reads = { left: READS_PER_PAGE };
      for (const poolId of await this.#poolsFrom(tx, request, start)) {
        const goesOn = start?.poolId === poolId ? start.at : null;
        const room = request.limit - found.length;
        const { changes, until } = await this.#changesOf(tx, poolId, { request, goesOn, room, reads });
        found.push(...changes);
        if (until !== null) return { changes: found, nextCursor: cursorOf({ poolId, at: until }) };
      }
      return { changes: found, nextCursor: null };
    });
  }

  canonical(request: RpcRequest<typeof CanonicalPrices>): Promise<RpcResponse<typeof CanonicalPrices>> {
    const { poolIds, minConfidence, limit } = request;
    const place = placeOf(request.cursor);
    return this.deps.uow.read(async (tx) => {
      const rows = await this.deps.canonical.page(tx, {
        ...{ poolIds, minConfidence, limit },
        from: new Date(request.from),
        until: new Date(request.to),
        after: place === null ? null : { poolId: place.poolId, bucketAt: place.at },
      });
      const last = rows.at(-1);
      const isFull = rows.length === limit && last !== undefined;
      return {
        rows: rows.map(({ bucketAt, ...row }) => ({ ...row, at: bucketAt.toISOString() })),
        nextCursor: isFull ? cursorOf({ poolId: last.poolId, at: last.bucketAt }) : null,
      };
    });
  }

  /** The bucket that has not ended has no price yet, which is no gap. */
  #ended(to: string): number {
    return Math.min(Date.parse(to), bucketOf(this.deps.clock.nowMs()));
  }

  async #buckets(poolIds: readonly string[], span: Span): Promise<Map<string, SeriesBucket[]>> {
    const all = await this.deps.uow.read((tx) => this.deps.series.rangeOf(tx, poolIds, span));
    return Map.groupBy(all, ({ poolId }) => poolId);
  }

  async #poolsFrom(
    tx: Tx,
    { region, instanceType, poolId }: RpcRequest<typeof PriceChanges>,
    start: Place | null,
  ): Promise<string[]> {
    const all = await this.deps.pools.listAllPoolIds(tx);
    return all
      .filter((id) => {
        const pool = spotPoolOf(id, null);
        const isWanted =
          (poolId === null || id === poolId) &&
          (region === null || pool.region === region) &&
          (instanceType === null || pool.instanceType === instanceType);
        return isWanted && (start === null || id >= start.poolId);
      })
      .sort();
  }

  /** `until` is where the next page goes on; null when the pool is done. */
  async #changesOf(
    tx: Tx,
    poolId: string,
    reading: {
      readonly request: RpcRequest<typeof PriceChanges>;
      readonly goesOn: Date | null;
      readonly room: number;
      readonly reads: { left: number };
    },
  ): Promise<{ changes: Change[]; until: Date | null }> {
    const end = new Date(reading.request.to);
    const begin = new Date(bucketOf(Date.parse(reading.request.from)));
    let from = reading.goesOn ?? begin;
    let before = from > begin ? await this.deps.series.lastBefore(tx, poolId, from) : null;
    const changes: Change[] = [];
    while (from < end) {
      if (reading.reads.left === 0) return { changes, until: from };
      reading.reads.left -= 1;
      const until = new Date(Math.min(end.getTime(), from.getTime() + EXPORT_SPAN_MS));
      const buckets = await this.deps.series.range(tx, poolId, from, until);
      for (const bucket of changesIn(buckets, before)) {
        if (changes.length >= reading.room) return { changes, until: bucket.bucketAt };
        changes.push(toChange(bucket));
      }
      before = buckets.at(-1) ?? before;
      from = until;
    }
    return { changes, until: null };
  }
}

function toChange({ poolId, bucketAt, usdPerHour, source, confidence }: SeriesBucket): Change {
  return { poolId, at: bucketAt.toISOString(), usdPerHour, source, confidence };
}
