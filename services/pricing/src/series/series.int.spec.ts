import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEvent, PricingReportedV1 } from '@spotopt/contracts';
import { SystemClock, UlidIds, type Failpoints, NoFailpoints } from '@spotopt/kernel';
import { changeRows, selectRows } from '@spotopt/persistence';
import {
  KilledAt,
  databaseDialects,
  type DatabaseDialect,
  type TestDatabase,
  testDatabase,
} from '@spotopt/testkit';
import fc from 'fast-check';
import { FireAlerts } from '../alerts/fire-alerts.js';
import { SqlPriceAlertStore } from '../alerts/price-alert.store.js';
import { SqlCanonicalStore } from '../canonical/canonical.store.js';
import { PoolLives } from '../canonical/ports.js';
import { PublishCanonical } from '../canonical/publish-canonical.js';
import { ListedPriceHistory } from '../history/history.fake.js';
import type { HistoryChange } from '../history/ports.js';
import { ReadHistory } from '../history/read-history.js';
import { SqlWatchStore } from '../history/watch.store.js';
import { SqlOnDemandPriceStore } from '../on-demand/on-demand-price.store.js';
import { SqlOnDemandPrices } from '../on-demand/on-demand-prices.store.js';
import { SqlPoolStore } from '../pools/pool.store.js';
import { StoredPriceBook } from '../pools/price-book.js';
import { SqlRawPriceStore } from '../pools/raw-price.store.js';
import { pricingService } from '../pricing.module.js';
import { RecordReports } from '../reports/record-reports.js';
import { SqlReportStore } from '../reports/report.store.js';
import { ConsolidateStale } from './consolidate-stale.js';
import { SqlConsolidationJobStore } from './job.store.js';
import { PoolJob } from './pool-job.js';
import { Reconcile } from './reconcile.js';
import { ScanGaps } from './scan-gaps.js';
import { SqlSeriesStore } from './series.store.js';
import { SqlStaleStore } from './stale.store.js';
import { oracleSeries, type Sighted } from './series-oracle.fake.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Start of the window that the stories play in. */
const T0 = Date.parse('2026-11-21T00:00:00.000Z');
const WINDOW_MS = 10 * HOUR_MS;
const TYPE = 'x9.large';
const ZONES = ['a', 'b', 'c'] as const;
const POOLS = ZONES.map((zone) => `${TYPE}.us-east-1${zone}`);
const TABLES = [
  ...['raw_price', 'current_price', 'spot_pool', 'price_report', 'price_reporter', 'price_watch'],
  ...['outbox', 'inbox', 'series_price', 'series_stale', 'consolidation_job', 'canonical_price'],
];

class NothingHappened extends PoolLives {
  override of() {
    return Promise.resolve({ machines: [], notices: [], interruptedAtMs: [], terminations: [] });
  }
}

/** Set to where the story is; nothing here waits. */
class StoryClock extends SystemClock {
  constructor(private atMs: number) {
    super();
  }

  set(atMs: number): void {
    this.atMs = atMs;
  }

  override nowMs(): number {
    return this.atMs;
  }

  override now(): Date {
    return new Date(this.atMs);
  }
}

interface Step {
  /** Reports arrive in the order of the steps, whatever their time. */
  readonly reporter: 'primary' | 'standby';
  readonly minute: number;
  readonly prices: readonly { readonly zone: (typeof ZONES)[number]; readonly usd: number }[];
  /** The jobs run between the reports too. */
  readonly consolidateAfter: boolean;
}

interface Story {
  readonly steps: readonly Step[];
  /** Changes of AWS's history, and up to which minute it was read; null when it never was. */
  readonly changes: readonly {
    readonly zone: (typeof ZONES)[number];
    readonly minute: number;
    readonly usd: number;
  }[];
  readonly readUntilMinute: number | null;
}

const usd = fc.integer({ min: 1, max: 40 }).map((n) => n / 1_000);
const zone = fc.constantFrom(...ZONES);
const minute = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: WINDOW_MS / MINUTE_MS - 1 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 59 }) },
);
const step: fc.Arbitrary<Step> = fc.record({
  reporter: fc.constantFrom('primary' as const, 'standby' as const),
  minute,
  prices: fc.uniqueArray(fc.record({ zone, usd }), { selector: (p) => p.zone, minLength: 1 }),
  consolidateAfter: fc.boolean(),
});
const story: fc.Arbitrary<Story> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 25 }),
  changes: fc.oneof(
    fc.constant([]),
    fc.uniqueArray(fc.record({ zone, minute, usd }), {
      selector: (change) => `${change.zone}${String(change.minute)}`,
      maxLength: 6,
    }),
  ),
  readUntilMinute: fc.option(fc.integer({ min: 0, max: WINDOW_MS / MINUTE_MS }), { nil: null }),
});

function setUpOn(dialect: DatabaseDialect) {
  const clock = new StoryClock(T0 + WINDOW_MS);
  const stores = {
    pools: new SqlPoolStore(),
    raw: new SqlRawPriceStore(),
    watches: new SqlWatchStore(),
    series: new SqlSeriesStore(),
    stale: new SqlStaleStore(),
  };
  const reports = new SqlReportStore();
  let test: TestDatabase;

  function partsOf(failpoints: Failpoints) {
    const { uow, inbox, outbox } = test.database;
    const common = { uow, inbox, outbox, clock, ids: new UlidIds(), failpoints, ...stores };
    const book = new StoredPriceBook({
      ...common,
      watchers: new FireAlerts({ ...common, alerts: new SqlPriceAlertStore() }),
    });
    const store = new SqlCanonicalStore();
    const onDemand = new SqlOnDemandPrices(new SqlOnDemandPriceStore());
    const canonical = new PublishCanonical({ ...stores, lives: new NothingHappened(), onDemand, store });
    const jobs = new SqlConsolidationJobStore();
    const interval = { intervalMs: 0, depthMs: 30 * DAY_MS };
    return {
      jobs,
      record: new RecordReports({ ...common, reports, book }),
      consolidate: new ConsolidateStale(common),
      gaps: new PoolJob({ ...common, jobs }, new ScanGaps(common, 0)),
      reconcile: new PoolJob({ ...common, jobs }, new Reconcile({ ...common, canonical }, interval)),
      readHistory: (history: ListedPriceHistory) =>
        new ReadHistory({ ...common, history, book }, { backfillMs: 30 * DAY_MS, overlapMs: DAY_MS }),
    };
  }

  const rows = <Row extends object>(sql: string): Promise<Row[]> =>
    test.database.uow.read((tx) => selectRows<Row>(tx, sql));

  return {
    clock,
    partsOf,
    rows,
    start: async () => {
      test = await testDatabase(dialect, { ...pricingService, service: 'pricing', clock });
    },
    stop: () => test.cleanUp(),
    clear: () =>
      test.database.uow.run(async (tx) => {
        clock.set(T0 + WINDOW_MS);
        for (const table of TABLES) await changeRows(tx, `DELETE FROM ${table}`);
        await reports.saveReporter(tx, {
          instanceId: 'instance-standby',
          agentKey: 'key-standby',
          ec2InstanceId: 'i-0standby1',
          role: 'REPLICA',
          epoch: 1,
          changedAt: new Date(T0),
        });
      }),
    watch: (readUntilMs: number) =>
      test.database.uow.run(async (tx) => {
        const market = { region: 'us-east-1', instanceType: TYPE };
        await stores.watches.add(tx, market, new Date(T0));
        clock.set(readUntilMs);
      }),
    series: async () => {
      const all = [];
      for (const poolId of POOLS) {
        const span = { from: new Date(0), until: new Date(T0 + DAY_MS) };
        all.push(...(await test.database.uow.read((tx) => stores.series.rangeOf(tx, [poolId], span))));
      }
      return all;
    },
  };
}

function reportOf({ reporter, minute: at, prices }: Step, id: string) {
  const observedAt = new Date(T0 + at * MINUTE_MS).toISOString();
  const receivedAt = new Date(T0 + WINDOW_MS).toISOString();
  return createEvent(PricingReportedV1, {
    id,
    time: new Date(T0),
    subject: 'agent-1',
    data: {
      reportId: `report-${id}`,
      agentKey: `key-${reporter}`,
      ec2InstanceId: reporter === 'primary' ? 'i-0primary1' : 'i-0standby1',
      agentId: 'agent-1',
      clientId: 'client-1',
      instanceType: TYPE,
      region: 'us-east-1',
      mode: 'spot',
      currentPoolId: null,
      onDemandUsdPerHour: null,
      prices: prices.map((price) => ({
        poolId: `${TYPE}.us-east-1${price.zone}`,
        spotUsdPerHour: price.usd,
        observedAt,
      })),
      rejected: [],
      observedAt: receivedAt,
      receivedAt,
      body: {},
    },
  });
}

function sightingsOf({ steps }: Story): Sighted[] {
  return steps.flatMap(({ reporter, minute: at, prices }) =>
    prices.map((price) => ({
      poolId: `${TYPE}.us-east-1${price.zone}`,
      atMs: T0 + at * MINUTE_MS,
      usd: price.usd,
      by: reporter,
    })),
  );
}

const changesOf = ({ changes }: Story): HistoryChange[] =>
  changes.map((change) => ({
    poolId: `${TYPE}.us-east-1${change.zone}`,
    usdPerHour: change.usd,
    changedAt: new Date(T0 + change.minute * MINUTE_MS),
  }));

describe.each(databaseDialects())('the consolidated series on %s', (dialect) => {
  const world = setUpOn(dialect);
  beforeAll(() => world.start());
  afterAll(() => world.stop());
  beforeEach(() => world.clear());

  type Parts = ReturnType<typeof world.partsOf>;

  async function tell(parts: Parts, { steps, changes, readUntilMinute }: Story): Promise<void> {
    const half = Math.floor(steps.length / 2);
    for (const [index, told] of steps.entries()) {
      if (index === half && readUntilMinute !== null) {
        await world.watch(T0 + readUntilMinute * MINUTE_MS);
        await parts
          .readHistory(new ListedPriceHistory(changesOf({ steps, changes, readUntilMinute })))
          .execute();
        world.clock.set(T0 + WINDOW_MS);
      }
      await parts.record.execute(reportOf(told, `event-${String(index)}`));
      if (told.consolidateAfter) await parts.consolidate.execute();
    }
    // Everything once more: a delivery may come twice.
    for (const [index, told] of steps.entries()) {
      await parts.record.execute(reportOf(told, `event-${String(index)}`));
    }
  }

  async function settle({ consolidate, gaps, reconcile }: Parts): Promise<void> {
    await consolidate.execute();
    await gaps.execute({});
    await reconcile.execute({});
  }

  const wanted = (told: Story) =>
    oracleSeries({
      pools: POOLS,
      sightings: sightingsOf(told),
      changes: changesOf(told).map(({ poolId, usdPerHour, changedAt }) => ({
        poolId,
        atMs: changedAt.getTime(),
        usd: usdPerHour,
      })),
      readUntilMs: told.readUntilMinute === null ? null : T0 + told.readUntilMinute * MINUTE_MS,
      nowMs: T0 + WINDOW_MS,
    });

  /** Prices may differ in the last digit that is kept, where they were rounded. */
  async function expectSeries(prices: ReadonlyMap<string, number>): Promise<void> {
    const stored = (await world.series()).map(
      (bucket) =>
        [
          `${bucket.poolId} ${bucket.bucketAt.toISOString()} ${bucket.source} ${String(bucket.confidence)}`,
          bucket.usdPerHour,
        ] as const,
    );
    expect(stored.map(([key]) => key).sort()).toEqual([...prices.keys()].sort());
    const off = stored.filter(([key, price]) => Math.abs(price - (prices.get(key) ?? 0)) > 1.1e-6);
    expect(off).toEqual([]);
  }

  const runs = dialect === 'sqlite' ? 80 : 15;

  it('is what an independent oracle says, whatever comes twice, late or out of order', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        await world.clear();
        const parts = world.partsOf(new NoFailpoints());
        await tell(parts, told);
        await settle(parts);
        await expectSeries(wanted(told));
        const [counted] = await world.rows<{ most: number | null }>(
          'SELECT MAX(n) AS most FROM (SELECT COUNT(*) AS n FROM series_price GROUP BY pool_id, bucket_at) counts',
        );
        expect(Number(counted?.most ?? 1)).toBe(1);
      }),
      { seed: 20261121, numRuns: runs },
    );
  });

  it('is changed by no job that runs a second time, and neither is the training set', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        await world.clear();
        const parts = world.partsOf(new NoFailpoints());
        await tell(parts, told);
        await settle(parts);
        const before = [await world.series(), await world.rows('SELECT * FROM canonical_price')];
        await settle(parts);
        expect([await world.series(), await world.rows('SELECT * FROM canonical_price')]).toEqual(before);
        const jobs = await world.rows<{ changed: number }>(
          'SELECT rows_changed AS changed FROM consolidation_job ORDER BY started_at, id',
        );
        expect(jobs.map(({ changed }) => Number(changed)).slice(2)).toEqual([0, 0]);
      }),
      { seed: 7, numRuns: Math.ceil(runs / 4) },
    );
  });

  it('is the same wherever the jobs are killed and run again', async () => {
    const told: Story = {
      steps: [0, 7, 12, 40, 90, 200, 470].map((at, index) => ({
        reporter: index % 3 === 0 ? 'standby' : 'primary',
        minute: at,
        prices: ZONES.slice(index % 2).map((name, place) => ({ zone: name, usd: (place + index + 1) / 100 })),
        consolidateAfter: false,
      })),
      changes: [{ zone: 'c', minute: 3, usd: 0.02 }],
      readUntilMinute: 300,
    };
    for (let atHit = 1; ; atHit += 1) {
      await world.clear();
      const parts = world.partsOf(new NoFailpoints());
      await tell(parts, told);
      const killed = await settle(world.partsOf(new KilledAt(atHit))).then(
        () => false,
        () => true,
      );
      await settle(parts);
      await expectSeries(wanted(told));
      if (!killed) {
        expect(atHit).toBeGreaterThan(12);
        return;
      }
    }
  });

  it('replaces a filled price when the real one arrives late', async () => {
    const parts = world.partsOf(new NoFailpoints());
    const at = (minuteOf: number, price: number, id: string) =>
      parts.record.execute(
        reportOf(
          {
            reporter: 'primary',
            minute: minuteOf,
            prices: [{ zone: 'a', usd: price }],
            consolidateAfter: false,
          },
          id,
        ),
      );
    await at(0, 0.0416, 'one');
    await at(25, 0.042, 'two');
    await parts.consolidate.execute();
    const filled = await world.series();
    expect(filled.map(({ usdPerHour }) => usdPerHour)).toEqual([
      0.0416, 0.0418, 0.0418, 0.0418, 0.0418, 0.042,
    ]);
    expect(filled[1]?.fill).toMatchObject({
      method: 'weighted-average',
      gapBuckets: 4,
      before: { at: new Date(T0), usdPerHour: 0.0416 },
      after: { at: new Date(T0 + 25 * MINUTE_MS), usdPerHour: 0.042 },
    });
    await at(11, 0.05, 'late');
    await parts.consolidate.execute();
    expect((await world.series()).map(({ usdPerHour, confidence }) => [usdPerHour, confidence])).toEqual([
      [0.0416, 1],
      [0.0458, 0.85],
      [0.05, 1],
      [0.047333, 0.85],
      [0.044667, 0.85],
      [0.042, 1],
    ]);
  });

  it('keeps what has not ended marked, though a clock ran ahead', async () => {
    const parts = world.partsOf(new NoFailpoints());
    await world.watch(T0 + 60 * MINUTE_MS);
    const change = { poolId: POOLS[0] ?? '', usdPerHour: 0.02, changedAt: new Date(T0) };
    await parts.readHistory(new ListedPriceHistory([change])).execute();
    // Whoever consolidates is half an hour behind whoever read.
    world.clock.set(T0 + 30 * MINUTE_MS);
    await parts.consolidate.execute();
    expect(await world.series()).toHaveLength(6);
    world.clock.set(T0 + 61 * MINUTE_MS);
    await parts.consolidate.execute();
    expect(await world.series()).toHaveLength(12);
  });

  it('announces a bucket when it changes and not when it is looked at again', async () => {
    const parts = world.partsOf(new NoFailpoints());
    const at = (minuteOf: number, id: string) =>
      parts.record.execute(
        reportOf(
          {
            reporter: 'primary',
            minute: minuteOf,
            prices: ZONES.map((name) => ({ zone: name, usd: 0.02 })),
            consolidateAfter: false,
          },
          id,
        ),
      );
    const lastHour = WINDOW_MS / MINUTE_MS - 30;
    await at(lastHour, 'one');
    await at(lastHour + 5, 'two');
    await at(0, 'old');
    await parts.consolidate.execute();
    await at(lastHour + 1, 'again');
    await parts.consolidate.execute();
    const told = await world.rows<{ envelope: string }>(
      "SELECT envelope FROM outbox WHERE type LIKE '%bucket-consolidated%' ORDER BY seq",
    );
    expect(told.map(({ envelope }) => (JSON.parse(envelope) as { data: unknown }).data)).toEqual(
      [lastHour, lastHour + 5].map((minuteOf) => ({
        region: 'us-east-1',
        bucketAt: new Date(T0 + minuteOf * MINUTE_MS).toISOString(),
        pools: 3,
        flagged: 0,
      })),
    );
  });

  it('flags reporters that differ by 0.5 % and tells of 10 %, once', async () => {
    const parts = world.partsOf(new NoFailpoints());
    const say = (reporter: Step['reporter'], minuteOf: number, price: number, id: string) =>
      parts.record.execute(
        reportOf(
          { reporter, minute: minuteOf, prices: [{ zone: 'a', usd: price }], consolidateAfter: false },
          id,
        ),
      );
    // The documents' example: 0.0456 and 0.0458 are 0.44 % apart.
    await say('primary', 0, 0.0456, 'p0');
    await say('standby', 1, 0.0458, 's0');
    await say('primary', 5, 0.05, 'p1');
    await say('standby', 6, 0.06, 's1');
    await parts.consolidate.execute();
    await parts.reconcile.execute({});
    const [first, second] = await world.series();
    expect([first?.usdPerHour, first?.other]).toEqual([
      0.0456,
      { source: 'replica-report', usdPerHour: 0.0458, differencePercent: 0.44 },
    ]);
    expect([second?.usdPerHour, second?.other?.differencePercent]).toEqual([0.05, 20]);
    const told = await world.rows<{ type: string; envelope: string }>(
      "SELECT type, envelope FROM outbox WHERE type LIKE '%sources-disagree%'",
    );
    expect(told.map(({ envelope }) => (JSON.parse(envelope) as { data: unknown }).data)).toEqual([
      {
        poolId: POOLS[0],
        bucketAt: new Date(T0 + 5 * MINUTE_MS).toISOString(),
        usedUsdPerHour: 0.05,
        usedSource: 'primary-report',
        otherUsdPerHour: 0.06,
        otherSource: 'replica-report',
        differencePercent: 20,
      },
    ]);
  });
});
