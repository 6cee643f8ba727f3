import { afterEach, describe, expect, it } from '@jest/globals';
import {
  BucketConsolidatedV1,
  CanonicalPrices,
  ConsolidationFinishedV1,
  ConsolidationJobs,
  createEvent,
  CreatePriceAlert,
  DeletePriceAlert,
  ListPriceAlerts,
  PriceAlertFiredV1,
  PriceChanges,
  PriceHistory,
  PriceStatistics,
  PricingReportedV1,
  StartReconcile,
} from '@spotopt/contracts';
import { databaseDialects, waitFor } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { ListedPriceHistory } from '../history/history.fake.js';
import { NO_SOURCES } from '../market/market-sources.fake.js';
import { createPricingModule, pricingService } from '../pricing.module.js';

const MINUTE_MS = 60_000;
const NOW = new Date('2026-11-21T12:00:00.000Z');
const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';
const WINDOW = { from: '2026-11-21T11:00:00.000Z', to: '2026-11-21T12:00:00.000Z' };

describe.each(databaseDialects())('reading consolidated prices on %s', (dialect) => {
  const cleanUps: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function start() {
    const history = new ListedPriceHistory([]);
    const service = await TestService.start(
      {
        ...pricingService,
        createModule: (context) => createPricingModule(context, { history, sources: NO_SOURCES }),
      },
      { dialect, now: NOW },
    );
    cleanUps.push(() => service.stop());
    return service;
  }

  /** A report of the minute before noon that is given; prices of pools A and B. */
  const report = (minutesAgo: number, prices: readonly [number, number]) => {
    const observedAt = new Date(NOW.getTime() - minutesAgo * MINUTE_MS).toISOString();
    return createEvent(PricingReportedV1, {
      id: `event-${String(minutesAgo)}`,
      time: NOW,
      subject: 'agent-1',
      data: {
        reportId: `report-${String(minutesAgo)}`,
        agentKey: 'agent-1',
        agentId: 'agent-1',
        clientId: 'client-1',
        ec2InstanceId: 'i-0001',
        instanceType: 't3.medium',
        region: 'us-east-1',
        mode: 'spot',
        currentPoolId: A,
        onDemandUsdPerHour: null,
        prices: [A, B].map((poolId, index) => ({ poolId, spotUsdPerHour: prices[index] ?? 1, observedAt })),
        rejected: [],
        observedAt,
        receivedAt: NOW.toISOString(),
        body: {},
      },
    });
  };

  /** An hour with a gap of two buckets and one of four. */
  async function tellAnHour(service: TestService): Promise<void> {
    for (const [minutesAgo, usd] of [
      ...([
        [60, 0.01],
        [55, 0.01],
        [40, 0.013],
        [15, 0.013],
      ] as const),
      ...([
        [10, 0.02],
        [5, 0.02],
      ] as const),
    ]) {
      await service.send(report(minutesAgo, [usd, 0.03]));
    }
    const { rpc, clock } = service;
    await clock.advanceUntil(
      async () => {
        const { pools } = await rpc.call(PriceHistory, { poolIds: [A], ...WINDOW, stepSeconds: 300 });
        return pools[0]?.points.every(({ state }) => state !== 'empty') === true;
      },
      { stepMs: 1_000, what: 'the whole hour' },
    );
    await waitFor(() => service.ofType(BucketConsolidatedV1).length > 0, { what: 'the news of it' });
  }

  it('serves charts, statistics, exports and the training set', async () => {
    const service = await start();
    const { rpc, clock } = service;
    await tellAnHour(service);

    const chart = await rpc.call(PriceHistory, { poolIds: [A, B], ...WINDOW, stepSeconds: 300 });
    expect(chart.pools[0]?.points.map(({ usdPerHour, state }) => [usdPerHour, state])).toEqual([
      [0.01, 'measured'],
      [0.01, 'measured'],
      [0.011, 'filled'],
      [0.012, 'filled'],
      [0.013, 'measured'],
      [0.013, 'filled'],
      [0.013, 'filled'],
      [0.013, 'filled'],
      [0.013, 'filled'],
      [0.013, 'measured'],
      [0.02, 'measured'],
      [0.02, 'measured'],
    ]);
    const hour = await rpc.call(PriceHistory, { poolIds: [B], ...WINDOW, stepSeconds: 3_600 });
    expect(hour.pools[0]?.points).toMatchObject([{ usdPerHour: 0.03, state: 'filled', confidence: 0.75 }]);

    const { pools } = await rpc.call(PriceStatistics, { poolIds: [A, B], ...WINDOW });
    expect(pools).toMatchObject([
      { poolId: A, trend: 'rising', measuredBuckets: 6, filledBuckets: 6, emptyBuckets: 0 },
      { poolId: B, trend: 'stable', averageUsdPerHour: 0.03, volatility: 0 },
    ]);

    const changes = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page: Awaited<ReturnType<typeof rpc.call<typeof PriceChanges>>> = await rpc.call(PriceChanges, {
        ...{ region: 'us-east-1', instanceType: null, poolId: null },
        ...{ ...WINDOW, cursor, limit: 2 },
      });
      changes.push(...page.changes.map(({ poolId, usdPerHour }) => [poolId, usdPerHour]));
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== null);
    // Also where a price was measured after it was computed, and the other way round.
    expect(changes).toEqual([
      ...[0.01, 0.011, 0.012, 0.013, 0.013, 0.013, 0.02].map((usd) => [A, usd]),
      ...[0.03, 0.03, 0.03, 0.03, 0.03].map((usd) => [B, usd]),
    ]);
    expect(pages).toBe(6);

    const reconcile = async (): Promise<string> => {
      const { jobId } = await rpc.call(StartReconcile, {});
      await clock.advanceUntil(
        () => service.ofType(ConsolidationFinishedV1).some((job) => job.jobId === jobId),
        { stepMs: 1_000, what: 'the reconcile' },
      );
      return jobId;
    };
    // The first one may have been under way since before the reports came.
    await reconcile();
    const jobId = await reconcile();
    const { jobs } = await rpc.call(ConsolidationJobs, {});
    expect(jobs.find((job) => job.jobId === jobId)).toMatchObject({
      type: 'reconcile',
      status: 'completed',
      progress: 1,
      rowsRead: 12,
      duplicatesRemoved: 0,
      gapsFilled: 12,
      rowsChanged: 0,
      error: null,
    });
    const training = await rpc.call(CanonicalPrices, {
      ...{ poolIds: null, minConfidence: 0.95, cursor: null, limit: 8 },
      ...WINDOW,
    });
    expect(training.rows).toHaveLength(8);
    expect(training.rows[0]).toMatchObject({
      poolId: A,
      usdPerHour: 0.01,
      onDemandUsdPerHour: 0.0416,
      confidence: 1,
      noticeStatus: 'none',
      interruptionOccurred: false,
    });
    const rest = await rpc.call(CanonicalPrices, {
      ...{ poolIds: null, minConfidence: 0.95, cursor: training.nextCursor, limit: 8 },
      ...WINDOW,
    });
    expect([rest.rows.length, rest.nextCursor]).toEqual([4, null]);
  });

  it('refuses a chart that is a download', async () => {
    const { rpc } = await start();
    const request = {
      poolIds: [A, B],
      from: '2026-06-01T00:00:00.000Z',
      to: NOW.toISOString(),
      stepSeconds: 300,
    };
    await expect(rpc.call(PriceHistory, request)).rejects.toMatchObject({ code: 'too-many-points' });
  });

  it('tells a tenant when a price falls to the threshold, once until it was above again', async () => {
    const service = await start();
    const { rpc } = service;
    const wanted = { clientId: 'client-1', poolId: A, thresholdUsdPerHour: 0.012 };
    const { alert } = await rpc.call(CreatePriceAlert, wanted);
    for (const [minutesAgo, usd] of [
      [50, 0.013],
      [40, 0.012],
      [30, 0.011],
      [20, 0.02],
      [10, 0.01],
    ] as const) {
      await service.send(report(minutesAgo, [usd, 0.03]));
    }
    const fired = () => service.ofType(PriceAlertFiredV1);
    await waitFor(() => fired().length >= 1 && fired().at(-1)?.spotUsdPerHour === 0.01, {
      what: 'the alert',
    });
    expect(fired()[0]).toMatchObject({ alertId: alert.alertId, ...wanted });
    const { alerts } = await rpc.call(ListPriceAlerts, { clientId: 'client-1' });
    expect(alerts).toMatchObject([{ alertId: alert.alertId, lastFiredAt: NOW.toISOString() }]);
    const ofOther = await rpc.call(DeletePriceAlert, { clientId: 'client-2', alertId: alert.alertId });
    const own = await rpc.call(DeletePriceAlert, { clientId: 'client-1', alertId: alert.alertId });
    expect([ofOther.deleted, own.deleted]).toEqual([false, true]);
  });
});
