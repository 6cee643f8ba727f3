import { afterEach, describe, expect, it } from '@jest/globals';
import {
  AgentRegisteredV1,
  createEvent,
  CurrentPrices,
  PricesReadV1,
  PricingReportedV1,
  PricingSummary,
  RawPrices,
  SpotPriceChangedV1,
} from '@spotopt/contracts';
import { NoFailpoints, UlidIds } from '@spotopt/kernel';
import {
  eventMessage,
  InProcessBroker,
  InProcessMessageBus,
  MemoryAttemptStore,
  RpcClient,
  silentLogger as silentBus,
} from '@spotopt/messaging';
import { loadConfig, Metrics, type RunningService, silentLogger, startService } from '@spotopt/platform';
import { databaseDialects, ManualClock, type TestDatabase, testDatabase, waitFor } from '@spotopt/testkit';
import { pricingConfig } from './config.js';
import { ListedPriceHistory } from './history/history.fake.js';
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

const settings = {
  enabled: true,
  autoSwitchEnabled: true,
  manualReplicaEnabled: false,
  autoReplicaEnabled: false,
  autoTerminateEnabled: true,
  terminateWaitSeconds: 300,
  minSavingsPercent: 30,
  maxRisk: 0.3,
  cooldownMinutes: 120,
  maxSwitchesPerDay: 3,
  maxSwitchesPerWeek: 10,
};

describe.each(databaseDialects())('the pricing service on %s', (dialect) => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function start() {
    const clock = new ManualClock(NOW);
    const broker = new InProcessBroker(clock);
    const busOf = (): InProcessMessageBus =>
      new InProcessMessageBus(broker, {
        clock,
        attempts: new MemoryAttemptStore(),
        logger: silentBus,
        random: () => 0.5,
      });
    const outside = busOf();
    const seen: { type: string; data: unknown }[] = [];
    await outside.subscribe(
      { queue: 'test.all', kind: 'shared', bindings: [{ exchange: 'spotopt.events', routingKey: '#' }] },
      (delivery) => {
        seen.push(JSON.parse(delivery.body) as (typeof seen)[number]);
        return Promise.resolve();
      },
    );
    const test: TestDatabase = await testDatabase(dialect, { ...pricingService, service: 'pricing', clock });
    cleanUps.push(() => test.cleanUp());
    const history = new ListedPriceHistory(HISTORY);
    const running: RunningService = await startService(
      { ...pricingService, createModule: (context) => createPricingModule(context, history) },
      {
        config: loadConfig(pricingConfig, {}),
        clock,
        ids: new UlidIds(),
        random: () => 0.5,
        logger: silentLogger(),
        metrics: Metrics.create({ service: 'pricing' }),
        failpoints: new NoFailpoints(),
        bus: busOf(),
        database: test.database,
      },
    );
    cleanUps.push(() => running.stop(1_000));
    const ofType = (type: string): unknown[] =>
      seen.flatMap((event) => (event.type === type ? [event.data] : []));
    return { clock, outside, ofType, rpc: new RpcClient(outside), history };
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
    const { outside, ofType, rpc, clock, history } = await start();
    await outside.publish(eventMessage(registered));
    await waitFor(() => ofType(PricesReadV1.type).length > 0, { what: 'the first read' });
    await waitFor(() => ofType(SpotPriceChangedV1.type).length === 2, { what: 'both prices' });

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

  it('takes the report of an agent', async () => {
    const { outside, ofType } = await start();
    const observedAt = NOW.toISOString();
    const report = createEvent(PricingReportedV1, {
      id: 'event-report',
      time: NOW,
      subject: 'agent-1',
      data: {
        reportId: 'report-1',
        agentKey: 'agent-1',
        agentId: 'agent-1',
        clientId: 'client-1',
        ec2InstanceId: 'i-0001',
        instanceType: 't3.medium',
        region: 'us-east-1',
        mode: 'spot',
        currentPoolId: A,
        onDemandUsdPerHour: 0.0416,
        prices: [{ poolId: A, spotUsdPerHour: 0.014, observedAt }],
        rejected: [],
        observedAt,
        receivedAt: observedAt,
        body: {},
      },
    });
    await outside.publish(eventMessage(report));
    await outside.publish(eventMessage(report));
    await waitFor(() => ofType(SpotPriceChangedV1.type).length > 0, { what: 'the price' });
    expect(ofType(SpotPriceChangedV1.type)).toEqual([
      expect.objectContaining({ poolId: A, spotUsdPerHour: 0.014, source: 'primary-report' }),
    ]);
  });
});
