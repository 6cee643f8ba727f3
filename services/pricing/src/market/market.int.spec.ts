import { afterEach, describe, expect, it } from '@jest/globals';
import { FixedPlacementScores, FixedPriceList, FixedSpotAdvisor } from '@spotopt/cloud/testing';
import {
  AgentRegisteredV1,
  InterruptionDetectedV1,
  PoolCatalogue,
  type PoolFacts,
  ReplicaReadyV1,
} from '@spotopt/contracts';
import { ManualClock, sampleSettings, waitFor } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { pricingConfig } from '../config.js';
import { ListedPriceHistory } from '../history/history.fake.js';
import { FixedOfferings } from '../offerings/offerings.fake.js';
import { createPricingModule, pricingService } from '../pricing.module.js';
import { awsMarketSources } from './market-sources.client.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const A = 't3.medium.us-east-1a';
const OF_AGENT = { agentId: 'agent-1', clientId: 'client-1' };

describe('the facts of markets in the pricing service', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function start() {
    const zones = ['us-east-1a', 'us-east-1b'];
    const scores = new FixedPlacementScores({ clock: new ManualClock(NOW), scores: { 'us-east-1a': 8 } });
    const sources = {
      priceList: new FixedPriceList().set('us-east-1', 't3.medium', 0.0417),
      advisor: new FixedSpotAdvisor([
        { region: 'us-east-1', instanceType: 't3.medium', bucket: 1, label: '5-10%', savingsPercent: 66 },
      ]),
      scores,
      offerings: new FixedOfferings({ 't3.small': zones, 't3.medium': zones, 't3.large': zones }),
    };
    const history = new ListedPriceHistory([{ poolId: A, usdPerHour: 0.0125, changedAt: NOW }]);
    const service = await TestService.start(
      {
        ...pricingService,
        createModule: (context) => createPricingModule(context, { history: history, sources: sources }),
      },
      { dialect: 'sqlite', now: NOW },
    );
    cleanUps.push(() => service.stop());
    const factsOf = async (poolId: string): Promise<PoolFacts | undefined> => {
      const request = { region: null, instanceType: null, poolIds: [poolId] };
      return (await service.rpc.call(PoolCatalogue, request)).pools[0];
    };
    return { service, scores, factsOf };
  }

  type Started = Awaited<ReturnType<typeof start>>;

  async function register({ service }: Started): Promise<void> {
    await service.publish(AgentRegisteredV1, {
      ...OF_AGENT,
      ...{ agentKey: 'agent-1', logicalAgentId: 'web-1', region: 'us-east-1', instanceType: 't3.medium' },
      placement: { instanceId: 'instance-1', ec2InstanceId: 'i-0001', mode: 'spot', poolId: A },
      ...{ role: 'PRIMARY', primary: null, settings: sampleSettings(), epoch: 1 },
    });
  }

  it('are there as soon as a workload registers, and are read again when they are due', async () => {
    const started = await start();
    const { service, scores, factsOf } = started;
    await register(started);
    await waitFor(async () => (await factsOf(A))?.placementScore?.score === 8, { what: 'the last fact' });
    await waitFor(async () => (await factsOf(A))?.spotUsdPerHour === 0.0125, { what: 'the spot price' });
    expect(await factsOf(A)).toMatchObject({
      onDemandUsdPerHour: 0.0417,
      onDemandSource: 'price-list',
      offered: true,
      advisor: { bucket: 1 },
      placementScore: { score: 8 },
    });
    expect(await factsOf('t3.medium.us-east-1b')).toMatchObject({ offered: true, spotUsdPerHour: null });
    scores.scoreByZone.set('us-east-1a', 2);
    await service.clock.advanceUntil(async () => (await factsOf(A))?.placementScore?.score === 2, {
      stepMs: 300_000,
      limitMs: 2 * 3_600_000,
      what: 'the new score',
    });
    expect(service.clock.nowMs() - NOW.getTime()).toBeGreaterThanOrEqual(3_600_000);
  });

  it('count what is told of machines over the bus', async () => {
    const started = await start();
    const { service, factsOf } = started;
    await service.publish(InterruptionDetectedV1, {
      ...OF_AGENT,
      ...{ incidentId: 'incident-1', ec2InstanceId: 'i-0001', urgency: 'terminate' },
      ...{ signal: 'termination-notice', deadlineAt: null, risk: null, bypassed: [] },
      detectedAt: NOW.toISOString(),
    });
    await service.publish(ReplicaReadyV1, {
      ...OF_AGENT,
      ...{ replicaId: 'replica-1', replicaType: 'manual', poolId: A },
      ...{ ec2InstanceId: 'i-0002', readyAfterMs: 42_000 },
    });
    await register(started);
    await waitFor(async () => (await factsOf(A))?.interruptions.d7.count === 1, { what: 'the count' });
    await waitFor(async () => (await factsOf(A))?.boot !== null, { what: 'the boot' });
    expect(await factsOf(A)).toMatchObject({
      boot: { averageMs: 42_000, samples: 1 },
      interruptions: { h24: { count: 1, perInstanceDay: null } },
    });
  });
});

describe('what is asked of AWS', () => {
  const on = (settings: Record<string, unknown>): string[] =>
    Object.entries(awsMarketSources(pricingConfig.parse(settings))).flatMap(([name, source]) =>
      source === null ? [] : [name],
    );

  it.each([
    ['everything by default', {}, ['priceList', 'advisor', 'scores', 'offerings']],
    [
      'nothing of the real AWS with a simulated EC2',
      { awsEndpoint: 'http://127.0.0.1:8081' },
      ['scores', 'offerings'],
    ],
    [
      'what has an endpoint of its own',
      {
        awsEndpoint: 'http://127.0.0.1:8081',
        priceListEndpoint: 'http://127.0.0.1:8081',
        spotAdvisorUrl: 'http://127.0.0.1:8081/spot-advisor-data.json',
      },
      ['priceList', 'advisor', 'scores', 'offerings'],
    ],
    [
      'nothing that is turned off',
      {
        priceListEnabled: false,
        spotAdvisorEnabled: false,
        placementScoresEnabled: false,
        offeringsEnabled: false,
      },
      [],
    ],
  ])('is %s', (_what, settings, expected) => {
    expect(on(settings)).toEqual(expected);
  });
});
