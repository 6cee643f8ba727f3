import { afterEach, describe, expect, it } from '@jest/globals';
import { PricesReadV1, SpotPriceChangedV1 } from '@spotopt/contracts';
import { UlidIds, type Failpoints, NoFailpoints } from '@spotopt/kernel';
import { selectRows } from '@spotopt/persistence';
import {
  KilledAt,
  databaseDialects,
  ManualClock,
  mulberry32,
  type TestDatabase,
  testDatabase,
} from '@spotopt/testkit';
import { FireAlerts } from '../alerts/fire-alerts.js';
import { SqlPriceAlertStore } from '../alerts/price-alert.store.js';
import { pricingService } from '../pricing.module.js';
import { SqlPoolStore } from '../pools/pool.store.js';
import { StoredPriceBook } from '../pools/price-book.js';
import { SqlRawPriceStore } from '../pools/raw-price.store.js';
import { SqlStaleStore } from '../series/stale.store.js';
import { answerOf, ListedPriceHistory } from './history.fake.js';
import type { HistoryChange } from './ports.js';
import { ReadHistory } from './read-history.js';
import { SqlWatchStore } from './watch.store.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MARKET = { region: 'us-east-1', instanceType: 'p3.2xlarge' };
const OTHER = { region: 'us-east-1', instanceType: 'p2.xlarge' };

/** Ninety days and more of two zones; prices repeat, as AWS repeats them. */
function recordedChanges(): HistoryChange[] {
  const random = mulberry32(7);
  const changes: HistoryChange[] = [];
  for (const poolId of ['p3.2xlarge.us-east-1a', 'p3.2xlarge.us-east-1b']) {
    for (let at = NOW.getTime() - 95 * DAY_MS; at < NOW.getTime() + DAY_MS; at += random() * 4 * DAY_MS) {
      const usdPerHour = Math.round((0.9 + Math.floor(random() * 3) / 10) * 1e6) / 1e6;
      changes.push({ poolId, usdPerHour, changedAt: new Date(Math.floor(at / 1000) * 1000) });
    }
  }
  return changes;
}

describe.each(databaseDialects())('reading the price history on %s', (dialect) => {
  const open: TestDatabase[] = [];

  afterEach(async () => {
    for (const { cleanUp } of open.splice(0)) await cleanUp();
  });

  async function setUp(changes = recordedChanges(), pageSize = 4) {
    const clock = new ManualClock(NOW);
    const test = await testDatabase(dialect, { ...pricingService, service: 'pricing', clock });
    open.push(test);
    const { uow, outbox } = test.database;
    const history = new ListedPriceHistory(changes, pageSize);
    const watches = new SqlWatchStore();
    const stores = { pools: new SqlPoolStore(), raw: new SqlRawPriceStore(), stale: new SqlStaleStore() };
    const common = { uow, outbox, clock, ids: new UlidIds() };
    const book = new StoredPriceBook({
      ...common,
      ...stores,
      watchers: new FireAlerts({ ...common, alerts: new SqlPriceAlertStore() }),
    });
    const readWith = (failpoints: Failpoints): ReadHistory =>
      new ReadHistory(
        { ...common, ...stores, failpoints, history, watches, book },
        { backfillMs: 90 * DAY_MS, overlapMs: HOUR_MS, windowMs: 30 * DAY_MS },
      );
    await uow.run((tx) => watches.add(tx, MARKET, NOW));
    return { clock, uow, history, watches, stores, readWith, read: readWith(new NoFailpoints()) };
  }

  type SetUp = Awaited<ReturnType<typeof setUp>>;

  async function stored({ uow }: SetUp) {
    const rows = await uow.read((tx) =>
      selectRows<{ pool_id: string; at: unknown; usd: number }>(
        tx,
        `SELECT pool_id, observed_at AS at, spot_usd_per_hour AS usd FROM raw_price
         WHERE source = 'spot-price-history' ORDER BY pool_id, observed_at`,
      ),
    );
    return rows.map(({ pool_id: poolId, at, usd }) => {
      const text = at instanceof Date ? at.toISOString() : `${String(at).replace(' ', 'T')}Z`;
      return `${poolId} ${text} ${Number(usd).toFixed(6)}`;
    });
  }

  const expected = (changes: readonly HistoryChange[]): string[] =>
    changes
      .map((change) => `${change.poolId} ${change.changedAt.toISOString()} ${change.usdPerHour.toFixed(6)}`)
      .sort();

  async function published({ uow }: SetUp, type: string): Promise<Record<string, unknown>[]> {
    const rows = await uow.read((tx) =>
      selectRows<{ envelope: string }>(tx, 'SELECT envelope FROM outbox WHERE type = ? ORDER BY seq', [type]),
    );
    return rows.map(({ envelope }) => (JSON.parse(envelope) as { data: Record<string, unknown> }).data);
  }

  const backfill = {
    ...MARKET,
    instanceTypes: ['p3.2xlarge'],
    until: NOW,
    from: new Date(NOW.getTime() - 90 * DAY_MS),
  };

  it('stores every change of 90 days once, and announces only the prices of now', async () => {
    const test = await setUp();
    await test.read.execute();
    const list = answerOf(recordedChanges(), backfill);
    expect(await stored(test)).toEqual(expected(list));
    const announced = await published(test, SpotPriceChangedV1.type);
    expect(announced).toHaveLength(2);
    for (const data of announced) {
      const newest = list.find(({ poolId }) => poolId === data['poolId']);
      expect(data).toMatchObject({
        spotUsdPerHour: newest?.usdPerHour,
        observedAt: newest?.changedAt.toISOString(),
        previousUsdPerHour: null,
        onDemandUsdPerHour: 3.06,
        onDemandSource: 'catalogue',
      });
    }
    expect(await published(test, PricesReadV1.type)).toEqual([
      { region: 'us-east-1', instanceTypes: ['p3.2xlarge'], readUntil: NOW.toISOString() },
    ]);
  });

  it('goes on where it was, with an overlap, and says nothing when nothing changed', async () => {
    const test = await setUp();
    await test.read.execute();
    await test.clock.advance(5 * 60_000);
    await test.read.execute();
    expect(test.history.queries.at(-1)?.from).toEqual(new Date(NOW.getTime() - HOUR_MS));
    expect(await stored(test)).toEqual(expected(answerOf(recordedChanges(), backfill)));
    expect(await published(test, SpotPriceChangedV1.type)).toHaveLength(2);
    expect(await published(test, PricesReadV1.type)).toHaveLength(2);
  });

  it('reads a market that came later from its own start, and both together afterwards', async () => {
    const late = {
      poolId: 'p2.xlarge.us-east-1a',
      usdPerHour: 0.27,
      changedAt: new Date(NOW.getTime() - 9 * DAY_MS),
    };
    const test = await setUp([...recordedChanges(), late]);
    await test.read.execute();
    await test.uow.run((tx) => test.watches.add(tx, OTHER, NOW));
    await test.read.execute();
    await test.read.execute();
    expect(test.history.queries.at(-1)?.instanceTypes).toEqual(['p2.xlarge', 'p3.2xlarge']);
    expect((await stored(test)).filter((row) => row.startsWith('p2'))).toEqual(expected([late]));
  });

  it('loses and doubles nothing wherever it is killed', async () => {
    const wanted = expected(answerOf(recordedChanges(), backfill));
    for (let atHit = 1; ; atHit += 1) {
      const test = await setUp(recordedChanges(), 12);
      const failpoints = new KilledAt(atHit);
      const killed = await test
        .readWith(failpoints)
        .execute()
        .then(
          () => false,
          () => true,
        );
      await test.read.execute();
      expect(await stored(test)).toEqual(wanted);
      expect(await published(test, SpotPriceChangedV1.type)).toHaveLength(2);
      if (!killed) {
        expect(failpoints.fired).toBe(false);
        expect(atHit).toBeGreaterThan(8);
        return;
      }
    }
  });

  it('keeps what it read before AWS failed, and reads other regions nevertheless', async () => {
    const abroad = { region: 'us-west-2', instanceType: 'p3.2xlarge' };
    const test = await setUp();
    await test.uow.run((tx) => test.watches.add(tx, abroad, NOW));
    test.history.beforePage = (page) => {
      if (test.history.queries.at(-1)?.region === 'us-east-1' && page === 2) throw new Error('throttled');
    };
    await expect(test.read.execute()).rejects.toThrow('throttled');
    expect(test.history.queries.map(({ region }) => region)).toContain('us-west-2');
    test.history.beforePage = () => undefined;
    await test.read.execute();
    expect(await stored(test)).toEqual(expected(answerOf(recordedChanges(), backfill)));
  });
});
