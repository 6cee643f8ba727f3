import { createEvent, SourcesDisagreeV1 } from '@spotopt/contracts';
import type { Clock, Ids, Outbox, Tx } from '@spotopt/kernel';
import type { WatchStore } from '../history/ports.js';
import { type RawPriceStore, spotPoolOf } from '../pools/ports.js';
import { BUCKET_MS, type OtherReport, type SeriesBucket } from './bucket.js';
import type { JobCounts } from './consolidation-job.js';
import { differenceBetween } from './difference.js';
import { measuredBuckets } from './measure.js';
import type { SeriesStore, Span } from './ports.js';

export interface MeasureSeriesDeps {
  readonly raw: RawPriceStore;
  readonly watches: WatchStore;
  readonly series: SeriesStore;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface Measured extends Omit<JobCounts, 'gapsFilled'> {
  readonly buckets: ReadonlyMap<string, readonly SeriesBucket[]>;
  /** Those of them that are new or other than before. */
  readonly changed: readonly SeriesBucket[];
}

/** Reporters that differ by more are worth an event (CT-90). */
const DISAGREEMENT_PERCENT = 10;
const DAY_MS = 86_400_000;

/**
 * Makes the measured buckets of a span what the stored prices say, whatever was there. Computed ones give way to
 * them and are else left alone.
 */
export class MeasureSeries {
  constructor(private readonly deps: MeasureSeriesDeps) {}

  async execute(tx: Tx, poolIds: readonly string[], span: Span): Promise<Measured> {
    const observations = Map.groupBy(
      await this.deps.raw.observationsOf(tx, poolIds, span),
      ({ poolId }) => poolId,
    );
    const coverage = await this.#coverage(tx);
    const unreported = poolIds.filter(
      (poolId) => coverage.has(marketKeyOf(poolId)) && !coversAll(observations.get(poolId) ?? [], span),
    );
    const steps = Map.groupBy(await this.deps.raw.stepsOf(tx, unreported, span), ({ poolId }) => poolId);
    const buckets = new Map<string, SeriesBucket[]>();
    for (const poolId of poolIds) {
      const evidence = {
        poolId,
        fromMs: span.from.getTime(),
        untilMs: span.until.getTime(),
        observations: observations.get(poolId) ?? [],
        steps: steps.get(poolId) ?? [],
        stepsUntilMs: coverage.get(marketKeyOf(poolId)) ?? null,
      };
      buckets.set(poolId, measuredBuckets(evidence));
    }
    const { changed, rowsChanged } = await this.#write(tx, poolIds, span, buckets);
    return { buckets, changed, rowsChanged, ...countsOf(buckets, observations, steps) };
  }

  /** Up to when AWS's history of each market was read. */
  async #coverage(tx: Tx): Promise<Map<string, number>> {
    const watches = await this.deps.watches.list(tx);
    return new Map(
      watches.flatMap(({ region, instanceType, readUntil }) =>
        readUntil === null ? [] : [[`${region} ${instanceType}`, readUntil.getTime()]],
      ),
    );
  }

  async #write(
    tx: Tx,
    poolIds: readonly string[],
    span: Span,
    wanted: ReadonlyMap<string, readonly SeriesBucket[]>,
  ): Promise<{ changed: SeriesBucket[]; rowsChanged: number }> {
    const { series } = this.deps;
    const stored = await series.rangeOf(tx, poolIds, span);
    const known = new Map(stored.map((bucket) => [keyOf(bucket), bucket]));
    const all = [...wanted.values()].flat();
    const { removed: gone, added } = differenceBetween(stored, all, { keyOf, isSame });
    const replaced = new Set(added.map(keyOf));
    // What was computed is left alone where nothing was measured.
    const removed = gone.filter((bucket) => bucket.fill === null || replaced.has(keyOf(bucket)));
    for (const bucket of added) await this.#tellDisagreement(tx, known.get(keyOf(bucket)), bucket);
    await series.remove(tx, removed);
    await series.add(tx, added);
    return { changed: added, rowsChanged: removed.length + added.length };
  }

  async #tellDisagreement(tx: Tx, known: SeriesBucket | undefined, bucket: SeriesBucket): Promise<void> {
    const { other, source } = bucket;
    if (source === 'interpolated' || !disagrees(other) || disagrees(known?.other ?? null)) return;
    if (this.deps.clock.nowMs() - bucket.bucketAt.getTime() > DAY_MS) return;
    await this.deps.outbox.add(
      tx,
      createEvent(SourcesDisagreeV1, {
        id: this.deps.ids.next(),
        time: this.deps.clock.now(),
        subject: bucket.poolId,
        severity: 'warning',
        data: {
          poolId: bucket.poolId,
          bucketAt: bucket.bucketAt.toISOString(),
          usedUsdPerHour: bucket.usdPerHour,
          usedSource: source,
          otherUsdPerHour: other.usdPerHour,
          otherSource: other.source,
          differencePercent: other.differencePercent,
        },
      }),
    );
  }
}

function keyOf({ poolId, bucketAt }: SeriesBucket): string {
  return `${poolId} ${String(bucketAt.getTime())}`;
}

function marketKeyOf(poolId: string): string {
  const { region, instanceType } = spotPoolOf(poolId, null);
  return `${region} ${instanceType}`;
}

function coversAll(observations: readonly { readonly atMs: number }[], { from, until }: Span): boolean {
  const buckets = new Set(observations.map(({ atMs }) => Math.floor(atMs / BUCKET_MS)));
  return buckets.size === (until.getTime() - from.getTime()) / BUCKET_MS;
}

function disagrees(other: OtherReport | null): other is OtherReport {
  return other !== null && other.differencePercent >= DISAGREEMENT_PERCENT;
}

function isSame(a: SeriesBucket, b: SeriesBucket): boolean {
  return (
    a.usdPerHour === b.usdPerHour &&
    a.source === b.source &&
    a.other?.source === b.other?.source &&
    a.other?.usdPerHour === b.other?.usdPerHour
  );
}

function countsOf(
  buckets: ReadonlyMap<string, readonly SeriesBucket[]>,
  observations: ReadonlyMap<string, readonly unknown[]>,
  steps: ReadonlyMap<string, readonly unknown[]>,
): Pick<JobCounts, 'rowsRead' | 'duplicatesRemoved' | 'backfillsAdded'> {
  const all = [...buckets.values()].flat();
  const reports = totalOf(observations);
  const reported = all.filter(({ source }) => source !== 'spot-price-history').length;
  return {
    rowsRead: reports + totalOf(steps),
    duplicatesRemoved: reports - reported,
    backfillsAdded: all.length - reported,
  };
}

function totalOf(groups: ReadonlyMap<string, readonly unknown[]>): number {
  return [...groups.values()].reduce((sum, group) => sum + group.length, 0);
}
