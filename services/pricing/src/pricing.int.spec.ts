import { afterEach, describe, expect, it } from '@jest/globals';
import {
  AgentRegisteredV1,
  createEvent,
  CurrentPrices,
  type EventOf,
  PricesReadV1,
  PricingReportedV1,
  PricingSummary,
  RawPrices,
  SpotPriceChangedV1,
} from '@spotopt/contracts';
import { databaseDialects, waitFor, sampleSettings } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { ListedPriceHistory } from './history/history.fake.js';
import { NO_SOURCES } from './market/market-sources.fake.js';
import { createPricingModule, pricingService } from './pricing.module.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';
const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);

const HISTORY = [
  { poolId: A, usdPerHour: 0.0125, changedAt: hoursAgo(50) },
  { poolId: A, usdPerHour: 0.0135, changedAt: hoursAgo(2) },
  { poolId: B, usdPerHour: 0.0118, changedAt: hoursAgo(30) },
];

const settings = sampleSettings();

describe.each(databaseDialects())('the pricing service on %s', (dialect) => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function start() {
    const history = new ListedPriceHistory(HISTORY);
    const service = await TestService.start(
      {
        ...pricingService,
        createModule: (context) => createPricingModule(context, { history, sources: NO_SOURCES }),
      },
      { dialect, now: NOW },
    );
    cleanUps.push(() => service.stop());
    return { service, history, ofType: service.ofType };
  }

  const registered = createEvent(AgentRegisteredV1, {
    id: 'event-registered',
    time: NOW,
    subject: 'agent-1',
    data: {
      agentId: 'agent-1',
      clientId: 'client-1',
      agentKey: 'agent-1',
      logicalAgentId: 'web-1',
      region: 'us-east-1',
      instanceType: 't3.medium',
      role: 'PRIMARY',
      placement: { instanceId: 'instance-1', ec2InstanceId: 'i-0001', mode: 'ondemand', poolId: A },
      primary: null,
      settings,
      epoch: 1,
    },
  });

  it('reads the market of a workload that registers, at once, and answers for it', async () => {
    const { service, ofType, history } = await start();
    const { clock, rpc } = service;
    await service.send(registered);
    await waitFor(() => ofType(PricesReadV1).length > 0, { what: 'the first read' });
    await waitFor(() => ofType(SpotPriceChangedV1).length === 2, { what: 'both prices' });

    const { pools } = await rpc.call(CurrentPrices, { region: 'us-east-1', instanceType: 't3.medium' });
    expect(pools).toEqual([
      {
        poolId: B,
        spotUsdPerHour: 0.0118,
        onDemandUsdPerHour: 0.0416,
        onDemandSource: 'catalogue',
        source: 'spot-price-history',
        observedAt: hoursAgo(30).toISOString(),
      },
      expect.objectContaining({ poolId: A, spotUsdPerHour: 0.0135 }),
    ]);
    expect(await rpc.call(PricingSummary, {})).toEqual({
      poolsCovered: 2,
      rawPrices: 3,
      latestObservedAt: hoursAgo(2).toISOString(),
    });
    const page = { poolId: A, from: null, to: null, source: null, limit: 1 };
    const second = await rpc.call(RawPrices, { ...page, offset: 1 });
    expect(second).toEqual({
      total: 2,
      prices: [
        { observedAt: hoursAgo(2).toISOString(), spotUsdPerHour: 0.0135, source: 'spot-price-history' },
      ],
    });
    const since = await rpc.call(RawPrices, { ...page, from: hoursAgo(3).toISOString() });
    expect(since.total).toBe(1);

    const reads = history.queries.length;
    await clock.advanceUntil(() => history.queries.length > reads, { stepMs: 10_000, what: 'the next read' });
    expect(clock.nowMs() - NOW.getTime()).toBeGreaterThanOrEqual(300_000);
  });

  it('takes the report of an agent once, however often it comes', async () => {
    const { service, ofType } = await start();
    const observedAt = NOW.toISOString();
    const reportOf = (poolId: string, spotUsdPerHour: number): EventOf<typeof PricingReportedV1> =>
      createEvent(PricingReportedV1, {
        id: `event-report-${poolId}`,
        time: NOW,
        subject: 'agent-1',
        data: {
          reportId: `report-${poolId}`,
          agentKey: 'agent-1',
          agentId: 'agent-1',
          clientId: 'client-1',
          ec2InstanceId: 'i-0001',
          instanceType: 't3.medium',
          region: 'us-east-1',
          mode: 'spot',
          currentPoolId: A,
          onDemandUsdPerHour: 0.0416,
          prices: [{ poolId, spotUsdPerHour, observedAt }],
          rejected: [],
          observedAt,
          receivedAt: observedAt,
          body: {},
        },
      });
    const report = reportOf(A, 0.014);
    await service.send(report);
    await service.send(report);
    await service.send(reportOf(B, 0.012));
    const changed = () => ofType(SpotPriceChangedV1);
    await waitFor(() => changed().some(({ poolId }) => poolId === B), { what: 'the price after it' });
    expect(changed()).toEqual([
      expect.objectContaining({ poolId: A, spotUsdPerHour: 0.014, source: 'primary-report' }),
      expect.objectContaining({ poolId: B, spotUsdPerHour: 0.012, source: 'primary-report' }),
    ]);
  });
});
