import { describe, expect, it } from '@jest/globals';
import { SpotMarket, type SpotPricePoint } from '@spotopt/cloud';
import { NoFailpoints, UlidIds } from '@spotopt/kernel';
import { generatedPriceBook, startSimulator } from '@spotopt/simulator';
import { ManualClock, mulberry32, testDatabase } from '@spotopt/testkit';
import { FireAlerts } from '../alerts/fire-alerts.js';
import { SqlPriceAlertStore } from '../alerts/price-alert.store.js';
import { pricingService } from '../pricing.module.js';
import { SqlPoolStore } from '../pools/pool.store.js';
import { StoredPriceBook } from '../pools/price-book.js';
import { SqlRawPriceStore } from '../pools/raw-price.store.js';
import { SqlStaleStore } from '../series/stale.store.js';
import { compareWithFile } from '../replay-audit/compare-with-file.js';
import { ReadHistory } from './read-history.js';
import { AwsPriceHistory } from './spot-history.client.js';
import { SqlWatchStore } from './watch.store.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const DAY_MS = 86_400_000;
const TYPES = ['t3.medium', 'c5.large'];

class ListedMarket extends SpotMarket {
  constructor(private readonly pages: readonly (readonly SpotPricePoint[])[]) {
    super();
  }

  override async *priceHistory(): AsyncIterable<readonly SpotPricePoint[]> {
    for (const page of this.pages) yield await Promise.resolve(page);
  }

  override offerings(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }
}

describe('the price history of AWS', () => {
  it('is stored row by row as the region gives it, over pages and product after product', async () => {
    const clock = new ManualClock(NOW);
    const prices = generatedPriceBook({
      startMs: NOW.getTime() - 120 * DAY_MS,
      seed: 11,
      instanceTypes: TYPES,
    });
    const simulator = await startSimulator({
      clock,
      ids: new UlidIds(),
      random: mulberry32(1),
      prices,
      awsPort: 0,
      metadataPort: 0,
      noticeQueueName: 'notices',
    });
    const test = await testDatabase('sqlite', { ...pricingService, service: 'pricing', clock });
    try {
      const { uow, outbox } = test.database;
      const watches = new SqlWatchStore();
      const stores = { pools: new SqlPoolStore(), raw: new SqlRawPriceStore(), stale: new SqlStaleStore() };
      const common = { uow, outbox, clock, ids: new UlidIds() };
      const history = AwsPriceHistory.connect({
        endpoint: simulator.endpoint,
        credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
      });
      const read = new ReadHistory(
        {
          ...common,
          ...stores,
          failpoints: new NoFailpoints(),
          history,
          watches,
          book: new StoredPriceBook({
            ...common,
            ...stores,
            watchers: new FireAlerts({ ...common, alerts: new SqlPriceAlertStore() }),
          }),
        },
        { backfillMs: 90 * DAY_MS, overlapMs: 3_600_000 },
      );
      await uow.run(async (tx) => {
        for (const instanceType of TYPES) await watches.add(tx, { region: prices.region, instanceType }, NOW);
      });
      await read.execute();
      await clock.advance(2 * DAY_MS);
      await read.execute();

      const poolIds = new Set(prices.series.map((series) => series.poolId));
      const stored = await uow.read(async (tx) => {
        const rows = [];
        for (const poolId of poolIds) {
          const filter = { poolId, from: null, to: null, source: null, limit: 5000, offset: 0 };
          rows.push(...(await stores.raw.list(tx, filter)).prices);
        }
        return rows;
      });
      const comparison = compareWithFile(
        prices.series.flatMap(({ poolId, changes }) =>
          changes.map(({ atMs, usdPerHour }) => ({ poolId, atMs, usdPerHour })),
        ),
        stored.map(({ poolId, usdPerHour, observedAt }) => ({
          poolId,
          usdPerHour,
          atMs: observedAt.getTime(),
        })),
        { poolIds, fromMs: NOW.getTime() - 90 * DAY_MS, untilMs: clock.nowMs() },
      );
      expect(comparison).toMatchObject({ holds: true, lost: [], doubled: [], invented: [] });
      expect(comparison.fileRows).toBeGreaterThan(1000);
    } finally {
      await test.cleanUp();
      await simulator.stop();
    }
  });

  it('has one price where both products changed at the same moment: that of the VPC', async () => {
    const point = (product: string, usdPerHour: number): SpotPricePoint => ({
      instanceType: 't3.medium',
      az: 'us-east-1a',
      usdPerHour,
      product,
      changedAt: NOW,
    });
    const vpc = point('Linux/UNIX (Amazon VPC)', 0.0125);
    const classic = point('Linux/UNIX', 0.02);
    for (const page of [
      [vpc, classic],
      [classic, vpc],
    ]) {
      const history = new AwsPriceHistory(() => new ListedMarket([page]));
      const query = { region: 'us-east-1', instanceTypes: ['t3.medium'], from: NOW, until: NOW };
      const pages = [];
      for await (const changes of history.changes(query)) pages.push(changes);
      expect(pages).toEqual([[{ poolId: 't3.medium.us-east-1a', usdPerHour: 0.0125, changedAt: NOW }]]);
    }
  });
});
