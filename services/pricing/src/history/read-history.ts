import { createEvent, PricesReadV1 } from '@spotopt/contracts';
import type { Clock, Failpoints, Ids, Outbox, Tx, UnitOfWork } from '@spotopt/kernel';
import {
  type PoolStore,
  type PriceBook,
  type RawPrice,
  type RawPriceStore,
  storablePrice,
} from '../pools/ports.js';
import { bucketOf, type StaleRange, type StaleStore } from '../series/ports.js';
import type { HistoryChange, PriceHistory, PriceWatch, WatchStore } from './ports.js';

export interface ReadHistoryDeps {
  readonly uow: UnitOfWork;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly failpoints: Failpoints;
  readonly history: PriceHistory;
  readonly watches: WatchStore;
  readonly pools: PoolStore;
  readonly raw: RawPriceStore;
  readonly stale: StaleStore;
  readonly book: PriceBook;
}

export interface ReadHistorySettings {
  /** How far the first read of a market goes back; AWS keeps 90 days. */
  readonly backfillMs: number;
  /** How much of what was read is read again: AWS may list a change late. */
  readonly overlapMs: number;
  /** Longest span of one read, after which the progress is kept. @default 30 days */
  readonly windowMs?: number;
}

const DEFAULT_WINDOW_MS = 30 * 86_400_000;

interface Reading {
  readonly region: string;
  readonly watches: readonly PriceWatch[];
  readonly from: Date;
  /** Up to where all of these markets had been read before. */
  readonly readUntil: Date | null;
}

/**
 * Brings the stored prices of every watched market up to now. Every change is stored once however often it is
 * read; the progress moves only after what it covers is stored, so that a run that is killed anywhere is simply
 * run again. Prices come into force only when a read has reached the present: a back-fill announces nothing old.
 */
export class ReadHistory {
  constructor(
    private readonly deps: ReadHistoryDeps,
    private readonly settings: ReadHistorySettings,
  ) {}

  /** @throws the first error, after every other market was read */
  async execute(signal?: AbortSignal): Promise<void> {
    const watches = await this.deps.uow.read((tx) => this.deps.watches.list(tx));
    const until = this.deps.clock.now();
    const errors: unknown[] = [];
    for (const reading of this.#plan(watches, until)) {
      if (signal?.aborted === true) return;
      try {
        await this.#read(reading, until, signal);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  /** Markets of one region that were read equally far are read together. */
  #plan(watches: readonly PriceWatch[], until: Date): Reading[] {
    const readings = new Map<string, PriceWatch[]>();
    for (const watch of watches) {
      const key = `${watch.region} ${String(watch.readUntil?.getTime() ?? 'never')}`;
      readings.set(key, [...(readings.get(key) ?? []), watch]);
    }
    return [...readings.values()].flatMap((group) => {
      const first = group[0];
      if (first === undefined) return [];
      const fromMs =
        first.readUntil === null
          ? until.getTime() - this.settings.backfillMs
          : first.readUntil.getTime() - this.settings.overlapMs;
      const { region, readUntil } = first;
      return [{ region, readUntil, watches: group, from: new Date(fromMs) }];
    });
  }

  async #read(reading: Reading, until: Date, signal: AbortSignal | undefined): Promise<void> {
    const windowMs = this.settings.windowMs ?? DEFAULT_WINDOW_MS;
    let from = reading.from;
    for (;;) {
      const end = new Date(Math.min(until.getTime(), from.getTime() + windowMs));
      if (!(await this.#storeWindow(reading, from, end, signal))) return;
      const reachedNow = end.getTime() >= until.getTime();
      const newFrom = latest(from, reading.readUntil);
      await this.deps.uow.run((tx) => this.#advance(tx, reading, { from: newFrom, end, reachedNow }));
      this.deps.failpoints.hit('pricing.history.advanced');
      if (reachedNow) return;
      from = end;
    }
  }

  /** False when it was stopped before the last page. */
  async #storeWindow(
    reading: Reading,
    from: Date,
    until: Date,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const pages = this.deps.history.changes({
      region: reading.region,
      instanceTypes: reading.watches.map((watch) => watch.instanceType),
      from,
      until,
    });
    for await (const page of pages) {
      if (signal?.aborted === true) return false;
      const receivedAt = this.deps.clock.now();
      const rows = page.flatMap((change) => rawPriceOf(change, receivedAt) ?? []);
      await this.deps.uow.run((tx) => this.deps.book.keep(tx, rows, reading.readUntil));
      this.deps.failpoints.hit('pricing.history.page-stored');
    }
    return true;
  }

  async #advance(
    tx: Tx,
    reading: Reading,
    { from, end, reachedNow }: { readonly from: Date; readonly end: Date; readonly reachedNow: boolean },
  ): Promise<void> {
    await this.deps.watches.setReadUntil(tx, reading.watches, end);
    for (const watch of reading.watches) {
      const poolIds = await this.deps.pools.listPoolIds(tx, watch);
      await this.deps.stale.mark(tx, newlyCovered(poolIds, from, end));
      if (!reachedNow) continue;
      await this.deps.book.bringIntoForce(tx, await this.deps.raw.newest(tx, poolIds, 'spot-price-history'));
    }
    if (!reachedNow) return;
    await this.deps.outbox.add(
      tx,
      createEvent(PricesReadV1, {
        id: this.deps.ids.next(),
        time: this.deps.clock.now(),
        subject: reading.region,
        data: {
          region: reading.region,
          instanceTypes: reading.watches.map((watch) => watch.instanceType).sort(),
          readUntil: end.toISOString(),
        },
      }),
    );
  }
}

function latest(from: Date, readUntil: Date | null): Date {
  return readUntil !== null && readUntil > from ? readUntil : from;
}

/** Buckets of which AWS's history is known to their end only now. */
function newlyCovered(poolIds: readonly string[], from: Date, end: Date): StaleRange[] {
  const range = { from: new Date(bucketOf(from.getTime())), until: new Date(bucketOf(end.getTime())) };
  return range.from < range.until ? poolIds.map((poolId) => ({ poolId, ...range })) : [];
}

function rawPriceOf(change: HistoryChange, receivedAt: Date): RawPrice | null {
  const usdPerHour = storablePrice(change.usdPerHour);
  if (usdPerHour === null) return null;
  return {
    poolId: change.poolId,
    usdPerHour,
    source: 'spot-price-history',
    observedAt: change.changedAt,
    reportedBy: '',
    reportId: null,
    receivedAt,
  };
}
