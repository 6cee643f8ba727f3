import { createEvent, type EventOf, PricesReadV1, type PricingReportedV1 } from '@spotopt/contracts';
import type { Clock, Ids, Inbox, Outbox, Tx, UnitOfWork } from '@spotopt/kernel';
import type { WatchStore } from '../history/ports.js';
import {
  isEstimate,
  type Market,
  type PriceBook,
  type PoolStore,
  type RawPrice,
  spotPoolOf,
} from '../pools/ports.js';
import type { ReportStore } from './ports.js';
import { sourceOf } from './reporter.js';

export interface RecordReportDeps {
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

/** Keeps a price report as it came, every price in it, and brings the newest ones into force. */
export class RecordReport {
  constructor(private readonly deps: RecordReportDeps) {}

  async execute(event: Report): Promise<void> {
    await this.deps.uow.run(async (tx) => {
      if (!(await this.deps.inbox.claim(tx, 'pricing.record-report', event.id))) return;
      const reporter = await this.deps.reports.findReporter(tx, event.data);
      const source = sourceOf(reporter);
      await this.#keepReport(tx, event, source === 'primary-report' ? 'primary' : 'replica');
      const rows = rawPricesOf(event, source);
      if (rows.length === 0) return;
      await this.deps.book.keep(tx, rows);
      await this.#takeOnDemand(tx, event);
      await this.deps.book.bringIntoForce(tx, rows, event.correlation);
      await this.#confirmMarkets(tx, event, rows);
    });
  }

  async #keepReport(tx: Tx, { data }: Report, role: 'primary' | 'replica'): Promise<void> {
    const reported = onDemandOf(data);
    await this.deps.reports.addReport(tx, {
      reportId: data.reportId,
      agentKey: data.agentKey,
      agentId: data.agentId,
      clientId: data.clientId,
      role,
      onDemandUsdPerHour: data.onDemandUsdPerHour,
      onDemandEstimated: reported === null ? null : isEstimate(reported),
      rejectedPrices: data.rejected.length,
      body: data.body,
      observedAt: new Date(data.observedAt),
      receivedAt: new Date(data.receivedAt),
    });
  }

  async #takeOnDemand(tx: Tx, { data }: Report): Promise<void> {
    const reported = onDemandOf(data);
    if (reported === null) return;
    await this.deps.pools.setEstimatedOnDemand(tx, reported, reported.usdPerHour);
  }

  /** A report that has a price of every known pool of a market is a read of that market. */
  async #confirmMarkets(tx: Tx, event: Report, rows: readonly RawPrice[]): Promise<void> {
    const reported = new Set(rows.map((row) => row.poolId));
    for (const market of marketsOf(rows)) {
      const known = await this.deps.pools.listPoolIds(tx, market);
      if (!known.every((poolId) => reported.has(poolId))) continue;
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
