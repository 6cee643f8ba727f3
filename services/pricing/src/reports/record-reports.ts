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
      for (const { event } of heard) await this.#takeOnDemand(tx, event);
      const correlations = new Map(
        heard.flatMap(({ event, rows }) => rows.map((row) => [row as PriceSighting, event.correlation])),
      );
      await this.deps.book.bringIntoForce(tx, all, (sighting) => correlations.get(sighting));
      for (const { event, rows } of heard) await this.#confirmMarkets(tx, event, rows);
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

  async #takeOnDemand(tx: Tx, { data }: Report): Promise<void> {
    const reported = onDemandOf(data);
    if (reported === null) return;
    await this.deps.pools.setEstimatedOnDemand(tx, reported, reported.usdPerHour);
  }

  /**
   * A report that has a price of every pool of a market that has one is a read of that market. Pools that are only
   * known to be sold count nothing: an agent cannot report a price that AWS does not have.
   */
  async #confirmMarkets(tx: Tx, event: Report, rows: readonly RawPrice[]): Promise<void> {
    const reported = new Set(rows.map((row) => row.poolId));
    for (const market of marketsOf(rows)) {
      const known = await this.deps.pools.listInForce(tx, market);
      if (!known.every(({ pool }) => reported.has(pool.poolId))) continue;
      const at = new Date(Math.min(...rows.map((row) => row.observedAt.getTime())));
      const confirmation = { at, everyMs: CONFIRM_EVERY_MS };
      if (!(await this.deps.watches.noteConfirmed(tx, market, confirmation))) continue;
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
}

function rawPricesOf({ data }: Report, source: RawPrice['source']): RawPrice[] {
  const receivedAt = new Date(data.receivedAt);
  return data.prices.map((price) => ({
    poolId: price.poolId,
    usdPerHour: price.spotUsdPerHour,
    source,
    // A clock that runs ahead must not keep its prices in force for ever.
    observedAt: new Date(Math.min(Date.parse(price.observedAt), receivedAt.getTime())),
    reportedBy: data.agentKey,
    reportId: data.reportId,
    receivedAt,
  }));
}

function marketsOf(rows: readonly RawPrice[]): Market[] {
  const markets = new Map<string, Market>();
  for (const row of rows) {
    const { region, instanceType } = spotPoolOf(row.poolId, null);
    markets.set(`${region} ${instanceType}`, { region, instanceType });
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
