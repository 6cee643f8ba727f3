import { createEvent, type EventOf, PricesReadV1, type PricingReportedV1 } from '@spotopt/contracts';
import type { Clock, Ids, Inbox, Outbox, Tx, UnitOfWork } from '@spotopt/kernel';
import type { WatchStore } from '../history/ports.js';
import {
  isEstimate,
  type Market,
  type PriceBook,
  type PoolStore,
  type PriceSighting,
  type RawPrice,
  spotPoolOf,
  storablePrice,
} from '../pools/ports.js';
import type { ReportStore } from './ports.js';
import { sourceOf } from './reporter.js';

export interface RecordReportsDeps {
  readonly uow: UnitOfWork;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly reports: ReportStore;
  readonly pools: PoolStore;
  readonly book: PriceBook;
  readonly watches: WatchStore;
}

/** A crowd of reporters of one market is heard as often as one of them reports. */
const CONFIRM_EVERY_MS = 5 * 60_000;

type Report = EventOf<typeof PricingReportedV1>;

interface Heard {
  readonly event: Report;
  readonly rows: readonly RawPrice[];
}

/** Keeps price reports as they came, every price in them, and brings the newest ones into force. */
export class RecordReports {
  constructor(private readonly deps: RecordReportsDeps) {}

  /** All of them in one transaction. */
  async execute(...events: readonly Report[]): Promise<void> {
    await this.deps.uow.run(async (tx) => {
      const heard: Heard[] = [];
      for (const event of events) {
        if (!(await this.deps.inbox.claim(tx, 'pricing.record-report', event.id))) continue;
        heard.push(await this.#keepReport(tx, event));
      }
      const all = heard.flatMap(({ rows }) => rows);
      if (all.length === 0) return;
      await this.deps.book.keep(tx, all);
      await this.#takeOnDemand(tx, heard);
      const correlations = new Map(
        heard.flatMap(({ event, rows }) => rows.map((row) => [row as PriceSighting, event.correlation])),
      );
      await this.deps.book.bringIntoForce(tx, all, (sighting) => correlations.get(sighting));
      const confirmed = new ConfirmedMarkets((market) => this.#pricedPools(tx, market));
      for (const one of heard) await this.#confirmMarkets(tx, one, confirmed);
    });
  }

  async #keepReport(tx: Tx, event: Report): Promise<Heard> {
    const { data } = event;
    const source = sourceOf(await this.deps.reports.findReporter(tx, data));
    const reported = onDemandOf(data);
    await this.deps.reports.addReport(tx, {
      reportId: data.reportId,
      agentKey: data.agentKey,
      agentId: data.agentId,
      clientId: data.clientId,
      role: source === 'primary-report' ? 'primary' : 'replica',
      onDemandUsdPerHour: data.onDemandUsdPerHour,
      onDemandEstimated: reported === null ? null : isEstimate(reported),
      rejectedPrices: data.rejected.length,
      body: data.body,
      observedAt: new Date(data.observedAt),
      receivedAt: new Date(data.receivedAt),
    });
    return { event, rows: rawPricesOf(event, source) };
  }

  /** Of several figures for a market the last one counts. */
  async #takeOnDemand(tx: Tx, heard: readonly Heard[]): Promise<void> {
    const figures = heard.flatMap(({ event }) => onDemandOf(event.data) ?? []);
    const byMarket = new Map(figures.map((figure) => [keyOf(figure), figure]));
    for (const figure of byMarket.values()) {
      await this.deps.pools.setEstimatedOnDemand(tx, figure, figure.usdPerHour);
    }
  }

  /**
   * A report that has a price of every pool of a market that has one is a read of that market. Pools that are only
   * known to be sold count nothing: an agent cannot report a price that AWS does not have.
   */
  async #confirmMarkets(tx: Tx, { event, rows }: Heard, confirmed: ConfirmedMarkets): Promise<void> {
    const reported = new Set(rows.map((row) => row.poolId));
    for (const market of marketsOf(rows)) {
      const at = new Date(Math.min(...rows.map((row) => row.observedAt.getTime())));
      if (!(await confirmed.wants(market, { at, reported }))) continue;
      if (!(await this.deps.watches.noteConfirmed(tx, market, { at, everyMs: CONFIRM_EVERY_MS }))) continue;
      await this.deps.outbox.add(
        tx,
        createEvent(PricesReadV1, {
          id: this.deps.ids.next(),
          time: this.deps.clock.now(),
          subject: market.region,
          correlation: event.correlation,
          data: {
            region: market.region,
            instanceTypes: [market.instanceType],
            readUntil: at.toISOString(),
          },
        }),
      );
    }
  }

  async #pricedPools(tx: Tx, market: Market): Promise<string[]> {
    return (await this.deps.pools.listInForce(tx, market)).map(({ pool }) => pool.poolId);
  }
}

/** Asks once per market and transaction, however many reports are about it. */
class ConfirmedMarkets {
  readonly #pools = new Map<string, readonly string[]>();
  readonly #askedAtMs = new Map<string, number>();

  constructor(private readonly poolsOf: (market: Market) => Promise<readonly string[]>) {}

  /** Whether the report is one of the whole market, and the first in its time. */
  async wants(
    market: Market,
    report: { readonly at: Date; readonly reported: ReadonlySet<string> },
  ): Promise<boolean> {
    const key = keyOf(market);
    const atMs = report.at.getTime();
    const askedAtMs = this.#askedAtMs.get(key) ?? Number.NEGATIVE_INFINITY;
    if (atMs - askedAtMs < CONFIRM_EVERY_MS) return false;
    const pools = this.#pools.get(key) ?? (await this.poolsOf(market));
    this.#pools.set(key, pools);
    if (!pools.every((poolId) => report.reported.has(poolId))) return false;
    this.#askedAtMs.set(key, atMs);
    return true;
  }
}

function keyOf({ region, instanceType }: Market): string {
  return `${region} ${instanceType}`;
}

function rawPricesOf({ data }: Report, source: RawPrice['source']): RawPrice[] {
  const receivedAt = new Date(data.receivedAt);
  return data.prices.flatMap((price) => {
    const usdPerHour = storablePrice(price.spotUsdPerHour);
    if (usdPerHour === null) return [];
    // A clock that runs ahead must not keep its prices in force for ever.
    const observedAt = new Date(Math.min(Date.parse(price.observedAt), receivedAt.getTime()));
    const from = { source, reportedBy: data.agentKey, reportId: data.reportId };
    return [{ poolId: price.poolId, usdPerHour, observedAt, receivedAt, ...from }];
  });
}

function marketsOf(rows: readonly RawPrice[]): Market[] {
  const markets = new Map<string, Market>();
  for (const row of rows) {
    const { region, instanceType } = spotPoolOf(row.poolId, null);
    markets.set(keyOf({ region, instanceType }), { region, instanceType });
  }
  return [...markets.values()];
}

function onDemandOf(
  data: Report['data'],
): (Market & { usdPerHour: number; spotUsdPerHour: readonly number[] }) | null {
  if (data.onDemandUsdPerHour === null || data.region === null || data.instanceType === null) return null;
  return {
    region: data.region,
    instanceType: data.instanceType,
    usdPerHour: data.onDemandUsdPerHour,
    spotUsdPerHour: data.prices.map((price) => price.spotUsdPerHour),
  };
}
