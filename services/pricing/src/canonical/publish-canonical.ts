import type { Tx } from '@spotopt/kernel';
import type { OnDemandPrices } from '../on-demand/ports.js';
import { CanonicalPublisher, type SeriesStore, type Span } from '../series/ports.js';
import { type CanonicalPrice, canonicalRows } from './canonical.js';
import type { CanonicalStore, PoolLives } from './ports.js';

export interface PublishCanonicalDeps {
  readonly series: SeriesStore;
  readonly onDemand: OnDemandPrices;
  readonly lives: PoolLives;
  readonly store: CanonicalStore;
}

const DAY_MS = 86_400_000;

export class PublishCanonical extends CanonicalPublisher {
  constructor(private readonly deps: PublishCanonicalDeps) {
    super();
  }

  override async publish(tx: Tx, poolId: string, span: Span): Promise<void> {
    const { series, lives, store } = this.deps;
    const dayBefore = new Date(span.from.getTime() - DAY_MS);
    const buckets = await series.range(tx, poolId, dayBefore, span.until);
    const onDemand = await this.deps.onDemand.priceOf(tx, poolId, span.from);
    const wanted = canonicalRows(buckets, {
      fromMs: span.from.getTime(),
      onDemandUsdPerHour: onDemand?.usdPerHour ?? null,
      life: await lives.of(tx, poolId, span),
    });
    const unwanted = new Map(
      (await store.range(tx, poolId, span)).map((row) => [row.bucketAt.getTime(), textOf(row)]),
    );
    const added = wanted.filter((row) => {
      const atMs = row.bucketAt.getTime();
      if (unwanted.get(atMs) !== textOf(row)) return true;
      unwanted.delete(atMs);
      return false;
    });
    await store.remove(
      tx,
      poolId,
      [...unwanted.keys()].map((atMs) => new Date(atMs)),
    );
    await store.add(tx, added);
  }
}

function textOf(row: CanonicalPrice): string {
  return JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}
