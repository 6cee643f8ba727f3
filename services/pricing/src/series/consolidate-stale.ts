import { BucketConsolidatedV1, createEvent } from '@spotopt/contracts';
import {
  type Clock,
  type Failpoints,
  type Ids,
  isAppError,
  type Outbox,
  type Tx,
  type UnitOfWork,
} from '@spotopt/kernel';
import { spotPoolOf } from '../pools/ports.js';
import { BUCKET_MS, bucketOf, isFlagged, type SeriesBucket } from './bucket.js';
import { FillSeries, type FillSeriesDeps } from './fill-series.js';
import { MAX_FILLED_BUCKETS } from './fill.js';
import { type Measured, MeasureSeries, type MeasureSeriesDeps } from './measure-series.js';
import type { SeriesStore, Span, StaleRange, StaleStore } from './ports.js';

export interface ConsolidateStaleDeps extends MeasureSeriesDeps, FillSeriesDeps {
  readonly uow: UnitOfWork;
  readonly stale: StaleStore;
  readonly series: SeriesStore;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly failpoints: Failpoints;
}

export interface ConsolidationRun {
  readonly signal?: AbortSignal | undefined;
  /** Refuses the writes of a process that has lost its lease. */
  readonly guard?: ((tx: Tx) => Promise<void>) | undefined;
}

const MARKS_PER_TRANSACTION = 1_000;
/** Together they bound how long a transaction runs and how much it holds in memory. */
const BUCKETS_PER_TRANSACTION = 2_500;
const BUCKETS_PER_PIECE = 288;
const ANNOUNCED_FOR_MS = 3_600_000;

/**
 * Consolidates every ended bucket about which something new is known. An event per region and bucket that changed says
 * so, for as long as that is news.
 */
export class ConsolidateStale {
  readonly #measure: MeasureSeries;
  readonly #fill: FillSeries;

  constructor(private readonly deps: ConsolidateStaleDeps) {
    this.#measure = new MeasureSeries(deps);
    this.#fill = new FillSeries(deps);
  }

  /** Answers how many marks it worked off. */
  async execute({ signal, guard }: ConsolidationRun = {}): Promise<number> {
    let total = 0;
    for (;;) {
      if (signal?.aborted === true) return total;
      const done = await this.#batch({ signal, guard });
      this.deps.failpoints.hit('pricing.series.consolidated');
      total += done;
      if (done === 0) return total;
    }
  }

  /** A mark that cannot be worked off does not hold up the others: they are then done one by one. */
  async #batch(run: ConsolidationRun): Promise<number> {
    try {
      return await this.#workOff(run.guard, { skip: 0, limit: MARKS_PER_TRANSACTION });
    } catch (error) {
      if (isTransient(error)) throw error;
      await this.#oneByOne(run);
      throw error;
    }
  }

  /** Ends also when nothing can be done at all, as without a database: no more marks are skipped than a batch has. */
  async #oneByOne({ signal, guard }: ConsolidationRun): Promise<void> {
    for (let skip = 0; skip < MARKS_PER_TRANSACTION && signal?.aborted !== true;) {
      try {
        if ((await this.#workOff(guard, { skip, limit: 1 })) === 0) return;
      } catch (problem) {
        if (isTransient(problem)) throw problem;
        skip += 1;
      }
    }
  }

  #workOff(guard: ConsolidationRun['guard'], page: { skip: number; limit: number }): Promise<number> {
    return this.deps.uow.run(async (tx) => {
      await guard?.(tx);
      const ended = new Date(bucketOf(this.deps.clock.nowMs()));
      const marks = withinLimit(await this.deps.stale.take(tx, ended, page));
      const pieces = marks.map((mark) => firstPiece(mark, ended));
      await this.#groups(tx, pieces);
      await this.deps.stale.clear(tx, marks);
      await this.deps.stale.mark(tx, restsOf(marks, pieces));
      return marks.length;
    });
  }

  async #groups(tx: Tx, pieces: readonly StaleRange[]): Promise<void> {
    const changed: SeriesBucket[] = [];
    for (const { span, poolIds } of groupsOf(pieces)) {
      const measured = await this.#measure.execute(tx, poolIds, span);
      for (const poolId of await this.#poolsWithGaps(tx, poolIds, { span, measured })) {
        await this.#fill.execute(tx, poolId, span);
      }
      changed.push(...measured.changed);
    }
    await this.#announce(tx, changed);
  }

  /** Whoever has a price in every bucket of the span and beside it has no gap that the span touches. */
  async #poolsWithGaps(
    tx: Tx,
    poolIds: readonly string[],
    { span, measured }: { readonly span: Span; readonly measured: Measured },
  ): Promise<string[]> {
    const buckets = (span.until.getTime() - span.from.getTime()) / BUCKET_MS;
    const whole = poolIds.filter((poolId) => measured.buckets.get(poolId)?.length === buckets);
    const before = { from: shifted(span.from, -1), until: span.from };
    const after = { from: span.until, until: shifted(span.until, MAX_FILLED_BUCKETS + 1) };
    const neighbours = await this.deps.series.rangeOf(tx, whole, before);
    const next = await this.deps.series.rangeOf(tx, whole, {
      from: span.until,
      until: shifted(span.until, 1),
    });
    const precededBy = measuredPools(neighbours);
    const followedBy = measuredPools(next);
    const alone = whole.filter((poolId) => !precededBy.has(poolId));
    const reach = { from: shifted(span.from, -(MAX_FILLED_BUCKETS + 1)), until: span.from };
    const hadAnything = await this.deps.series.poolsWithin(tx, alone, reach);
    const last = whole.filter((poolId) => !followedBy.has(poolId));
    const goesOn = await this.deps.series.poolsWithin(tx, last, after);
    const isWhole = new Set(whole);
    return poolIds.filter((poolId) => !isWhole.has(poolId) || hadAnything.has(poolId) || goesOn.has(poolId));
  }

  /** Charts wait for new buckets; old ones are found by who looks for them. */
  async #announce(tx: Tx, changed: readonly SeriesBucket[]): Promise<void> {
    const sinceMs = this.deps.clock.nowMs() - ANNOUNCED_FOR_MS;
    const news = changed.filter(({ bucketAt }) => bucketAt.getTime() >= sinceMs);
    const byBucket = Map.groupBy(
      news,
      ({ poolId, bucketAt }) => `${spotPoolOf(poolId, null).region} ${bucketAt.toISOString()}`,
    );
    for (const [key, buckets] of byBucket) {
      const [region = '', bucketAt = ''] = key.split(' ');
      await this.deps.outbox.add(
        tx,
        createEvent(BucketConsolidatedV1, {
          id: this.deps.ids.next(),
          time: this.deps.clock.now(),
          subject: region,
          data: { region, bucketAt, pools: buckets.length, flagged: buckets.filter(isFlagged).length },
        }),
      );
    }
  }
}

function isTransient(error: unknown): boolean {
  return isAppError(error) && error.kind === 'transient';
}

function shifted(at: Date, buckets: number): Date {
  return new Date(at.getTime() + buckets * BUCKET_MS);
}

function measuredPools(buckets: readonly { readonly poolId: string; readonly fill: unknown }[]): Set<string> {
  return new Set(buckets.filter(({ fill }) => fill === null).map(({ poolId }) => poolId));
}

function withinLimit(marks: readonly StaleRange[]): StaleRange[] {
  let buckets = 0;
  return marks.filter((mark, index) => {
    buckets += Math.min(BUCKETS_PER_PIECE, (mark.until.getTime() - mark.from.getTime()) / BUCKET_MS);
    return index === 0 || buckets <= BUCKETS_PER_TRANSACTION;
  });
}

/** A long mark is worked off day by day, and what has not ended yet stays marked. */
function firstPiece(mark: StaleRange, ended: Date): StaleRange {
  const until = Math.min(
    mark.until.getTime(),
    ended.getTime(),
    shifted(mark.from, BUCKETS_PER_PIECE).getTime(),
  );
  return { ...mark, until: new Date(until) };
}

function restsOf(marks: readonly StaleRange[], pieces: readonly StaleRange[]): StaleRange[] {
  return marks.flatMap((mark, index) => {
    const from = pieces[index]?.until ?? mark.from;
    return from < mark.until ? [{ ...mark, from }] : [];
  });
}

interface Group {
  readonly span: Span;
  readonly poolIds: string[];
}

/** Pools with the same stretch are consolidated together; stretches of one pool that touch become one. */
function groupsOf(pieces: readonly StaleRange[]): Group[] {
  const groups = new Map<string, Group>();
  for (const [poolId, ofPool] of Map.groupBy(pieces, (piece) => piece.poolId)) {
    for (const span of merged(ofPool)) {
      const key = `${String(span.from.getTime())} ${String(span.until.getTime())}`;
      const group = groups.get(key) ?? { span, poolIds: [] };
      group.poolIds.push(poolId);
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

function merged(ranges: readonly StaleRange[]): Span[] {
  const spans: { from: Date; until: Date }[] = [];
  for (const { from, until } of [...ranges].sort((a, b) => a.from.getTime() - b.from.getTime())) {
    const last = spans.at(-1);
    if (last === undefined || from > last.until) spans.push({ from, until });
    else if (until > last.until) last.until = until;
  }
  return spans;
}
