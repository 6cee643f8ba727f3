import { BucketConsolidatedV1, createEvent } from '@spotopt/contracts';
import type { Clock, Failpoints, Ids, Outbox, Tx, UnitOfWork } from '@spotopt/kernel';
import { spotPoolOf } from '../pools/ports.js';
import { BUCKET_MS, bucketOf, isFlagged } from './bucket.js';
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
/** Together they bound how long a transaction runs. */
const BUCKETS_PER_TRANSACTION = 10_000;
const ANNOUNCED_FOR_MS = 3_600_000;

/** Consolidates every ended bucket about which something new is known. */
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
      const done = await this.deps.uow.run(async (tx) => {
        await guard?.(tx);
        const ended = new Date(bucketOf(this.deps.clock.nowMs()));
        const marks = withinLimit(await this.deps.stale.take(tx, ended, MARKS_PER_TRANSACTION));
        for (const { span, poolIds } of groupsOf(marks, ended)) await this.#group(tx, poolIds, span);
        await this.deps.stale.clear(tx, marks);
        return marks.length;
      });
      this.deps.failpoints.hit('pricing.series.consolidated');
      total += done;
      if (done === 0) return total;
    }
  }

  async #group(tx: Tx, poolIds: readonly string[], span: Span): Promise<void> {
    const measured = await this.#measure.execute(tx, poolIds, span);
    for (const poolId of await this.#poolsWithGaps(tx, poolIds, { span, measured })) {
      await this.#fill.execute(tx, poolId, span);
    }
    await this.#announce(tx, span, measured);
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

  /** Charts wait for the newest bucket; old ones are found by who looks for them. */
  async #announce(tx: Tx, span: Span, { buckets }: Measured): Promise<void> {
    const bucketAt = shifted(span.until, -1);
    if (this.deps.clock.nowMs() - bucketAt.getTime() > ANNOUNCED_FOR_MS) return;
    const newest = [...buckets.values()].flatMap(
      (ofPool) => ofPool.findLast((bucket) => bucket.bucketAt.getTime() === bucketAt.getTime()) ?? [],
    );
    const byRegion = Map.groupBy(newest, ({ poolId }) => spotPoolOf(poolId, null).region);
    for (const [region, ofRegion] of byRegion) {
      await this.deps.outbox.add(
        tx,
        createEvent(BucketConsolidatedV1, {
          id: this.deps.ids.next(),
          time: this.deps.clock.now(),
          subject: region,
          data: {
            region,
            bucketAt: bucketAt.toISOString(),
            pools: ofRegion.length,
            flagged: ofRegion.filter(isFlagged).length,
          },
        }),
      );
    }
  }
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
    buckets += (mark.until.getTime() - mark.from.getTime()) / BUCKET_MS;
    return index === 0 || buckets <= BUCKETS_PER_TRANSACTION;
  });
}

interface Group {
  readonly span: Span;
  readonly poolIds: string[];
}

/** Pools with the same stretch are consolidated together; stretches of one pool that touch become one. */
function groupsOf(marks: readonly StaleRange[], ended: Date): Group[] {
  const groups = new Map<string, Group>();
  for (const [poolId, ofPool] of Map.groupBy(marks, (mark) => mark.poolId)) {
    for (const span of merged(ofPool, ended)) {
      const key = `${String(span.from.getTime())} ${String(span.until.getTime())}`;
      const group = groups.get(key) ?? { span, poolIds: [] };
      group.poolIds.push(poolId);
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

function merged(ranges: readonly StaleRange[], ended: Date): Span[] {
  const spans: { from: Date; until: Date }[] = [];
  for (const { from, until } of [...ranges].sort((a, b) => a.from.getTime() - b.from.getTime())) {
    const end = until < ended ? until : ended;
    const last = spans.at(-1);
    if (last === undefined || from > last.until) spans.push({ from, until: end });
    else if (end > last.until) last.until = end;
  }
  return spans;
}
