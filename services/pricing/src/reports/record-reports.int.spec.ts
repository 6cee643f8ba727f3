import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createEvent,
  type EventOf,
  type NewEvent,
  PricesReadV1,
  PricingReportedV1,
  SpotPriceChangedV1,
} from '@spotopt/contracts';
import { UlidIds } from '@spotopt/kernel';
import { changeRows, selectRows } from '@spotopt/persistence';
import { databaseDialects, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import fc from 'fast-check';
import { FireAlerts } from '../alerts/fire-alerts.js';
import { SqlPriceAlertStore } from '../alerts/price-alert.store.js';
import { SqlWatchStore } from '../history/watch.store.js';
import { pricingService } from '../pricing.module.js';
import { SqlPoolStore } from '../pools/pool.store.js';
import { StoredPriceBook } from '../pools/price-book.js';
import { newestPerPool, type PriceSighting, spotPoolOf } from '../pools/ports.js';
import { SqlRawPriceStore } from '../pools/raw-price.store.js';
import { SqlStaleStore } from '../series/stale.store.js';
import { RecordReports } from './record-reports.js';
import { SqlReportStore } from './report.store.js';

const T0 = Date.parse('2026-11-21T12:00:00.000Z');
const TABLES = [
  'raw_price',
  'current_price',
  'spot_pool',
  'price_report',
  'price_reporter',
  'price_watch',
  'outbox',
  'inbox',
];

interface Reported {
  readonly agent: 'primary' | 'standby';
  readonly prices: readonly { readonly zone: string; readonly minute: number; readonly usd: number }[];
}

const reporters = {
  primary: { agentKey: 'key-primary', ec2InstanceId: 'i-0primary1' },
  standby: { agentKey: 'key-standby', ec2InstanceId: 'i-0standby1' },
};

function reportEvent(
  id: string,
  { agent, prices }: Reported,
  overrides: Partial<NewEvent<typeof PricingReportedV1>['data']> = {},
): EventOf<typeof PricingReportedV1> {
  const receivedAt = new Date(T0 + 600_000).toISOString();
  return createEvent(PricingReportedV1, {
    id,
    time: new Date(T0),
    subject: 'agent-1',
    correlation: `corr-${id}`,
    data: {
      reportId: `report-${id}`,
      ...reporters[agent],
      agentId: 'agent-1',
      clientId: 'client-1',
      instanceType: 'x9.large',
      region: 'us-east-1',
      mode: 'spot',
      currentPoolId: null,
      onDemandUsdPerHour: null,
      prices: prices.map(({ zone, minute, usd }) => ({
        poolId: `x9.large.us-east-1${zone}`,
        spotUsdPerHour: usd,
        observedAt: new Date(T0 + minute * 60_000).toISOString(),
      })),
      rejected: [],
      observedAt: receivedAt,
      receivedAt,
      body: { as: 'it came' },
      ...overrides,
    },
  });
}

describe.each(databaseDialects())('recording price reports on %s', (dialect) => {
  let test: TestDatabase;
  let record: RecordReports;
  const clock = new ManualClock(T0);
  const watches = new SqlWatchStore();
  const pools = new SqlPoolStore();
  const reports = new SqlReportStore();

  beforeAll(async () => {
    test = await testDatabase(dialect, { ...pricingService, service: 'pricing', clock });
    const { uow, inbox, outbox } = test.database;
    const common = { uow, inbox, outbox, clock, ids: new UlidIds() };
    const book = new StoredPriceBook({
      ...common,
      pools,
      raw: new SqlRawPriceStore(),
      stale: new SqlStaleStore(),
      watchers: new FireAlerts({ ...common, alerts: new SqlPriceAlertStore() }),
    });
    record = new RecordReports({ ...common, reports, pools, book, watches });
  });

  afterAll(() => test.cleanUp());

  const clear = (): Promise<void> =>
    test.database.uow.run(async (tx) => {
      for (const table of TABLES) await changeRows(tx, `DELETE FROM ${table}`);
      await reports.saveReporter(tx, {
        instanceId: 'instance-standby',
        ...reporters.standby,
        role: 'REPLICA',
        epoch: 1,
        changedAt: new Date(T0),
      });
    });

  beforeEach(clear);

  const rows = <Row extends object>(sql: string): Promise<Row[]> =>
    test.database.uow.read((tx) => selectRows<Row>(tx, sql));

  async function published(type: string): Promise<Record<string, unknown>[]> {
    const all = await rows<{ type: string; envelope: string }>(
      'SELECT type, envelope FROM outbox ORDER BY seq',
    );
    return all
      .filter((row) => row.type === type)
      .map(({ envelope }) => JSON.parse(envelope) as Record<string, unknown>);
  }

  const inForce = () =>
    test.database.uow.read((tx) => pools.listInForce(tx, { region: null, instanceType: null }));

  const sightingsOf = ({ agent, prices }: Reported): PriceSighting[] =>
    prices.map(({ zone, minute, usd }) => ({
      poolId: `x9.large.us-east-1${zone}`,
      usdPerHour: usd,
      source: agent === 'primary' ? 'primary-report' : 'replica-report',
      observedAt: new Date(T0 + minute * 60_000),
    }));

  const anyReport = fc.record({
    agent: fc.constantFrom('primary' as const, 'standby' as const),
    prices: fc.uniqueArray(
      fc.record({
        zone: fc.constantFrom('a', 'b', 'c'),
        minute: fc.integer({ min: 0, max: 5 }),
        usd: fc.integer({ min: 1, max: 5 }).map((n) => n / 100),
      }),
      { selector: ({ zone, minute }) => `${zone}${String(minute)}`, minLength: 1, maxLength: 5 },
    ),
  });

  it('keeps the distinct prices and the right one in force, whatever comes twice or late', async () => {
    const sequences = fc
      .array(anyReport, { minLength: 1, maxLength: 8 })
      .chain((list) =>
        fc.tuple(
          fc.constant(list),
          fc.array(fc.nat({ max: list.length - 1 }), { maxLength: 5 }),
          fc.integer({ min: 1, max: 4 }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(sequences, async ([list, again, groupSize]) => {
        await clear();
        const events = list.map((report, index) => reportEvent(`e${String(index)}`, report));
        const deliveries = [...events, ...again.flatMap((index) => events[index] ?? [])];
        while (deliveries.length > 0) await record.execute(...deliveries.splice(0, groupSize));
        // The first sighting of a key counts: a reporter that contradicts itself about one moment is not heard.
        const first = new Map<string, PriceSighting>();
        for (const sighting of list.flatMap(sightingsOf)) {
          const key = `${sighting.poolId} ${String(sighting.observedAt.getTime())} ${sighting.source}`;
          if (!first.has(key)) first.set(key, sighting);
        }
        const [counted] = await rows<{ n: number }>('SELECT COUNT(*) AS n FROM raw_price');
        expect(Number(counted?.n)).toBe(first.size);
        const [audited] = await rows<{ n: number }>('SELECT COUNT(*) AS n FROM price_report');
        expect(Number(audited?.n)).toBe(list.length);
        const oracle = newestPerPool(list.flatMap(sightingsOf));
        const prices = await inForce();
        expect(new Map(prices.map((price) => [price.pool.poolId, price.inForce]))).toEqual(oracle);
      }),
      { seed: 20261121, numRuns: dialect === 'sqlite' ? 60 : 15 },
    );
  });

  it('announces a price when it changes, not when it is confirmed, with the report’s correlation', async () => {
    const at = (minute: number, usd: number): Reported => ({
      agent: 'primary',
      prices: [{ zone: 'a', minute, usd }],
    });
    await record.execute(reportEvent('one', at(0, 0.02)));
    await record.execute(reportEvent('two', at(1, 0.02)));
    await record.execute(reportEvent('three', at(2, 0.03)));
    await record.execute(reportEvent('late', at(1, 0.05)));
    const changes = await published(SpotPriceChangedV1.type);
    expect(changes.map(({ correlation, data }) => [correlation, data])).toMatchObject([
      ['corr-one', { spotUsdPerHour: 0.02, previousUsdPerHour: null }],
      ['corr-three', { spotUsdPerHour: 0.03, previousUsdPerHour: 0.02, source: 'primary-report' }],
    ]);
  });

  it('keeps prices as the store has them, and none that would become nothing', async () => {
    const at = (minute: number, usd: number): Reported => ({
      agent: 'primary',
      prices: [{ zone: 'a', minute, usd }],
    });
    await record.execute(reportEvent('tiny', at(0, 1e-7)));
    expect(await inForce()).toEqual([]);
    await record.execute(reportEvent('long', at(1, 0.01234567)));
    await record.execute(reportEvent('same', at(2, 0.01234568)));
    expect((await inForce()).map((price) => price.inForce?.usdPerHour)).toEqual([0.012346]);
    expect(await published(SpotPriceChangedV1.type)).toHaveLength(1);
  });

  it('does not let a clock that runs ahead keep its price in force', async () => {
    await record.execute(
      reportEvent('ahead', { agent: 'primary', prices: [{ zone: 'a', minute: 9_999, usd: 0.02 }] }),
    );
    const [price] = await inForce();
    expect(price?.inForce?.observedAt).toEqual(new Date(T0 + 600_000));
  });

  it('marks what agents say about on-demand prices as an estimate and prefers the catalogue', async () => {
    const prices = [{ zone: 'a', minute: 0, usd: 0.02 }];
    await record.execute(reportEvent('est', { agent: 'primary', prices }, { onDemandUsdPerHour: 0.2 }));
    expect((await inForce())[0]?.pool.onDemand).toEqual({ usdPerHour: 0.2, source: 'estimated' });
    const known = {
      onDemandUsdPerHour: 0.1,
      instanceType: 't3.medium',
      prices: [
        { poolId: 't3.medium.us-east-1a', spotUsdPerHour: 0.01, observedAt: new Date(T0).toISOString() },
      ],
    };
    await record.execute(reportEvent('cat', { agent: 'primary', prices: [] }, known));
    expect((await inForce())[0]?.pool.onDemand).toEqual({ usdPerHour: 0.0416, source: 'catalogue' });
    const audited = await rows<{ estimated: unknown }>(
      'SELECT on_demand_estimated AS estimated FROM price_report ORDER BY id',
    );
    expect(audited.map(({ estimated }) => Boolean(estimated))).toEqual([true, true]);
  });

  it('takes a report of every known pool of a market for a read of it, once in five minutes', async () => {
    await test.database.uow.run((tx) =>
      watches.add(tx, { region: 'us-east-1', instanceType: 'x9.large' }, new Date(T0)),
    );
    const both = (minute: number): Reported => ({
      agent: 'standby',
      prices: ['a', 'b'].map((zone) => ({ zone, minute, usd: 0.02 })),
    });
    await record.execute(reportEvent('full', both(0)));
    await record.execute(reportEvent('soon', both(4)));
    await record.execute(
      reportEvent('part', { agent: 'standby', prices: [{ zone: 'a', minute: 6, usd: 0.02 }] }),
    );
    await record.execute(reportEvent('next', both(5)));
    expect((await published(PricesReadV1.type)).map(({ data }) => data)).toEqual([
      { region: 'us-east-1', instanceTypes: ['x9.large'], readUntil: new Date(T0).toISOString() },
      { region: 'us-east-1', instanceTypes: ['x9.large'], readUntil: new Date(T0 + 300_000).toISOString() },
    ]);
  });

  it('takes it for a read also when a pool is sold of which nobody has a price', async () => {
    await test.database.uow.run(async (tx) => {
      await watches.add(tx, { region: 'us-east-1', instanceType: 'x9.large' }, new Date(T0));
      await pools.addPools(tx, [spotPoolOf('x9.large.us-east-1f', null)], new Date(T0));
    });
    const prices = [{ zone: 'a', minute: 0, usd: 0.02 }];
    await record.execute(reportEvent('unpriced', { agent: 'primary', prices }));
    expect(await published(PricesReadV1.type)).toHaveLength(1);
  });

  it('survives a crowd that reports the same new pools at once', async () => {
    const events = Array.from({ length: 12 }, (_, index) =>
      reportEvent(
        `crowd-${String(index)}`,
        {
          agent: 'primary',
          prices: ['a', 'b', 'c'].map((zone) => ({ zone, minute: index % 4, usd: (index + 1) / 100 })),
        },
        { agentKey: `key-${String(index)}`, ec2InstanceId: null },
      ),
    );
    const results = await Promise.allSettled(events.map((event) => record.execute(event)));
    for (const [index, result] of results.entries()) {
      const event = events[index];
      if (result.status === 'rejected' && event !== undefined) await record.execute(event);
    }
    const [counted] = await rows<{ n: number }>('SELECT COUNT(*) AS n FROM raw_price');
    expect(Number(counted?.n)).toBe(36);
    expect((await inForce()).map((price) => price.inForce?.usdPerHour)).toEqual([0.12, 0.12, 0.12]);
  });
});
