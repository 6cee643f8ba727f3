import type { Tx } from '@spotopt/kernel';
import type { OnDemandPrices } from '../on-demand/ports.js';
import { differenceBetween } from '../series/difference.js';
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
    const wanted = canonicalRows(buckets, {
      fromMs: span.from.getTime(),
      onDemand: await this.#onDemand(tx, poolId, span),
      life: await lives.of(tx, poolId, span),
    });
    const { removed, added } = differenceBetween(await store.range(tx, poolId, span), wanted, {
      keyOf: ({ bucketAt }) => bucketAt.getTime(),
      isSame: (a, b) => textOf(a) === textOf(b),
    });
    await store.remove(
      tx,
      poolId,
      removed.map(({ bucketAt }) => bucketAt),
    );
    await store.add(tx, added);
  }

  /** Training must not learn from estimates. */
  async #onDemand(tx: Tx, poolId: string, { from, until }: Span): Promise<Map<number, number | null>> {
    const prices = new Map<number, number | null>();
    for (let dayMs = Math.floor(from.getTime() / DAY_MS) * DAY_MS; dayMs < until.getTime(); dayMs += DAY_MS) {
      const price = await this.deps.onDemand.priceOf(tx, poolId, new Date(dayMs));
      prices.set(dayMs, price === null || price.source === 'estimated' ? null : price.usdPerHour);
    }
    return prices;
  }
}

function textOf(row: CanonicalPrice): string {
  return JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}
