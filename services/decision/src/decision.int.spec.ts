import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Advise,
  type AgentSettings,
  AgentRegisteredV1,
  AgentSettingsChangedV1,
  CurrentPrices,
  DecisionMadeV1,
  type EventData,
  type EventDefinition,
  GetDecision,
  InterruptionDetectedV1,
  ListDecisions,
  type NewEvent,
  PoolCatalogue,
  PricesReadV1,
  RawPrices,
  ReplayDecision,
  SpotPriceChangedV1,
  SwitchFinishedV1,
  SwitchProposedV1,
  SwitchStartedV1,
} from '@spotopt/contracts';
import type { MessageBus } from '@spotopt/messaging';
import { databaseDialects, waitFor, sampleSettings } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { SqlDecisionStore } from './decide/decision.store.js';
import { decisionService } from './decision.module.js';
import { SqlMarkStore } from './market/mark.store.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const MINUTE_MS = 60_000;
const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';
const hoursAgo = (hours: number): string => new Date(NOW.getTime() - hours * 3_600_000).toISOString();

const SETTINGS: AgentSettings = sampleSettings();

const PRICES = [
  { poolId: B, usd: 0.0118 },
  { poolId: A, usd: 0.0125 },
];

const onDemandAt = (poolId: string) => ({
  instanceId: 'instance-1',
  ec2InstanceId: 'i-0001',
  mode: 'ondemand' as const,
  poolId,
});

describe.each(databaseDialects())('the decision service on %s', (dialect) => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function start() {
    const service = await TestService.start(decisionService, { dialect, now: NOW, answer: answerAsPricing });
    cleanUps.push(() => service.stop());
    const { clock, rpc, database } = service;
    const tell = <D extends EventDefinition>(definition: D, subject: string, data: NewEvent<D>['data']) =>
      service.publish(definition, data, subject);
    const decisions = () => service.ofType(DecisionMadeV1);
    const proposals = () => service.events.filter((event) => event.type === SwitchProposedV1.type);
    const published = () => service.events.filter((event) => event.source === '/spotopt/decision');
    const nextDecision = async (): Promise<EventData<typeof DecisionMadeV1>> => {
      const before = decisions().length;
      const decided = () => decisions()[before];
      for (;;) {
        await clock.advance(5 * MINUTE_MS);
        // The pass over due workloads talks to a database, for which simulated time does not wait.
        const found = await waitFor(decided, { what: 'a decision', timeoutMs: 40 }).catch(() => null);
        if (found !== null) return found;
        if (clock.nowMs() > NOW.getTime() + 12 * 60 * MINUTE_MS) throw new Error('no decision within 12 h');
      }
    };
    const register = (settings: Partial<AgentSettings> = {}) =>
      tell(AgentRegisteredV1, 'agent-1', {
        agentId: 'agent-1',
        clientId: 'client-1',
        agentKey: 'agent-1',
        logicalAgentId: 'web-1',
        region: 'us-east-1',
        instanceType: 't3.medium',
        role: 'PRIMARY',
        placement: onDemandAt(A),
        primary: onDemandAt(A),
        settings: { ...SETTINGS, ...settings },
        epoch: 1,
      });
    const pricesRead = () =>
      tell(PricesReadV1, 'us-east-1', {
        region: 'us-east-1',
        instanceTypes: ['t3.medium'],
        readUntil: clock.now().toISOString(),
      });
    return {
      clock,
      published,
      tell,
      decisions,
      proposals,
      nextDecision,
      register,
      pricesRead,
      database,
      rpc,
    };
  }

  async function answerAsPricing(outside: MessageBus): Promise<void> {
    await outside.respond(PoolCatalogue.method, () => Promise.resolve(JSON.stringify({ pools: [] })));
    await outside.respond(CurrentPrices.method, () =>
      Promise.resolve(
        JSON.stringify({
          pools: PRICES.map(({ poolId, usd }) => ({
            poolId,
            spotUsdPerHour: usd,
            onDemandUsdPerHour: 0.0416,
            onDemandSource: 'catalogue',
            source: 'spot-price-history',
            observedAt: hoursAgo(100),
          })),
        }),
      ),
    );
    await outside.respond(RawPrices.method, (body) => {
      const { poolId } = JSON.parse(body) as { poolId: string };
      const usd = PRICES.find((price) => price.poolId === poolId)?.usd ?? 1;
      const prices = [300, 100].map((hours) => ({
        observedAt: hoursAgo(hours),
        spotUsdPerHour: usd,
        source: 'spot-price-history',
      }));
      return Promise.resolve(JSON.stringify({ prices, total: prices.length }));
    });
  }

  it('decides soon after a workload and its prices are known, and proposes the cheapest safe pool', async () => {
    const { register, pricesRead, decisions, proposals, published, rpc, database } = await start();
    await register();
    await pricesRead();
    await waitFor(() => proposals().length === 1, { what: 'a proposal without any time passing' });
    const [decision] = decisions();
    expect(decision).toMatchObject({
      engine: 'hazard',
      action: 'switch_to_spot',
      targetPoolId: B,
      decidedAt: NOW.toISOString(),
    });
    // The new machine for 3 min, the old one for 5 min after, and 10 s of downtime at 100 on-demand machines, spread
    // over about a day.
    const oneOff = (0.0118 * 180 + 0.0416 * 300 + 100 * 0.0416 * 10) / 3600;
    expect(decision?.expectedSavingsUsdPerHour).toBeCloseTo(0.0298 - oneOff / 24, 4);
    expect(decision?.candidates).toHaveLength(3);
    expect(proposals()[0]?.data).toMatchObject({
      decisionId: decision?.decisionId,
      fromEc2InstanceId: 'i-0001',
      targetMode: 'spot',
      targetPoolId: B,
      expiresAt: new Date(NOW.getTime() + 10 * MINUTE_MS).toISOString(),
    });
    expect(new Set(published().map((event) => event.correlation))).toEqual(new Set([decision?.decisionId]));

    const request = { clientId: 'client-1', agentId: null };
    expect(await rpc.call(ListDecisions, request)).toEqual({ decisions: [decision], total: 1 });
    expect(await rpc.call(ListDecisions, { ...request, clientId: 'another' })).toEqual({
      decisions: [],
      total: 0,
    });
    const stored = await database.uow.read((tx) =>
      new SqlDecisionStore().find(tx, decision?.decisionId ?? ''),
    );
    if (stored === null) throw new Error('the decision is not stored');
    const asked = { clientId: 'client-1', decisionId: stored.decisionId };
    expect(await rpc.call(ReplayDecision, asked)).toMatchObject({ identical: true });
    expect(await rpc.call(GetDecision, { ...asked, withInputs: false })).toMatchObject({
      decision: {
        decisionId: stored.decisionId,
        engine: { name: 'hazard' },
        reason: stored.proposal.reason,
      },
      inputs: null,
    });
    await expect(
      rpc.call(GetDecision, { ...asked, clientId: 'another', withInputs: true }),
    ).rejects.toMatchObject({
      code: 'decision-not-found',
    });
    const before = decisions().length;
    expect(await rpc.call(Advise, { clientId: 'client-1', agentId: 'agent-1' })).toMatchObject({
      decision: {
        agentId: 'agent-1',
        action: 'stay',
        heldBackBy: expect.arrayContaining(['proposal-open']) as unknown,
      },
    });
    expect(decisions()).toHaveLength(before);
    expect(stored.observation.pools.map((pool) => pool.quietHours)).toEqual([300, 300]);
  });

  it('waits for prices, but not for ever', async () => {
    const { register, nextDecision, clock } = await start();
    await register();
    const decision = await nextDecision();
    expect(clock.nowMs() - NOW.getTime()).toBeGreaterThanOrEqual(15 * MINUTE_MS);
    expect(decision).toMatchObject({ action: 'stay', targetPoolId: null });
    expect(decision.candidates[0]?.rejectedBecause).toContain('price-stale');
  });

  it('decides every 15 minutes, and does not propose again while a proposal or a switch is open', async () => {
    const { register, pricesRead, nextDecision, proposals, tell, clock, decisions } = await start();
    await register();
    await pricesRead();
    await waitFor(() => proposals().length === 1, { what: 'the first proposal' });
    const from = onDemandAt(A);
    const change = {
      agentId: 'agent-1',
      clientId: 'client-1',
      switchId: 'switch-1',
      trigger: 'model' as const,
      from,
      decisionId: null,
      incidentId: null,
    };
    await tell(SwitchStartedV1, 'agent-1', {
      ...change,
      reason: 'cheaper',
      targetMode: 'spot',
      targetPoolId: B,
    });
    expect(await nextDecision()).toMatchObject({
      action: 'stay',
      reason: expect.stringContaining('held back by switch-under-way'),
    });
    expect(clock.nowMs() - NOW.getTime()).toBeGreaterThanOrEqual(15 * MINUTE_MS);

    const to = {
      ...from,
      instanceId: 'instance-2',
      ec2InstanceId: 'i-0002',
      mode: 'spot' as const,
      poolId: B,
    };
    await tell(SwitchFinishedV1, 'agent-1', {
      ...change,
      to,
      epoch: 2,
      startedAt: NOW.toISOString(),
      finishedAt: clock.now().toISOString(),
      downtimeMs: 900,
      oldUsdPerHour: null,
      newUsdPerHour: null,
      onDemandUsdPerHour: null,
      savingsUsdPerHour: null,
    });
    const settled = await nextDecision();
    expect(settled.action).toBe('stay');
    expect(settled.candidates.find(({ poolId, mode }) => poolId === B && mode === 'spot')).toMatchObject({
      rejectedBecause: expect.arrayContaining(['current-pool']),
    });

    await tell(SpotPriceChangedV1, A, {
      poolId: A,
      region: 'us-east-1',
      az: 'us-east-1a',
      instanceType: 't3.medium',
      spotUsdPerHour: 0.004,
      previousUsdPerHour: 0.0125,
      onDemandUsdPerHour: 0.0416,
      source: 'spot-price-history',
      observedAt: clock.now().toISOString(),
    });
    await pricesRead();
    expect(await nextDecision()).toMatchObject({
      action: 'stay',
      reason: expect.stringContaining('cooldown'),
    });
    while (proposals().length < 2 && decisions().length < 20) {
      await pricesRead();
      await nextDecision();
    }
    expect(clock.nowMs() - NOW.getTime()).toBeGreaterThan(120 * MINUTE_MS);
    expect(proposals()[1]?.data).toMatchObject({ fromEc2InstanceId: 'i-0002', targetPoolId: A });
    expect(decisions().length).toBeGreaterThan(4);
  });

  it('only recommends without automatic switching, and acts once it is turned on', async () => {
    const { register, pricesRead, proposals, decisions, tell } = await start();
    await register({ autoSwitchEnabled: false });
    await pricesRead();
    await waitFor(() => decisions().length === 1, { what: 'a recommendation' });
    expect(decisions()[0]).toMatchObject({ action: 'switch_to_spot', targetPoolId: B });
    expect(decisions()[0]?.reason).toContain('auto-switch-off');
    expect(proposals()).toHaveLength(0);
    await tell(AgentSettingsChangedV1, 'agent-1', {
      agentId: 'agent-1',
      clientId: 'client-1',
      settings: SETTINGS,
    });
    await waitFor(() => proposals().length === 1, { what: 'a proposal' });
  });

  it('avoids a pool that took a machine back, even when it heard of the interruption first', async () => {
    const { register, pricesRead, tell, proposals, decisions, database } = await start();
    const incident = {
      agentId: 'agent-9',
      clientId: 'client-1',
      ec2InstanceId: 'i-0009',
      urgency: 'terminate' as const,
      signal: 'termination-notice' as const,
      deadlineAt: null,
      detectedAt: new Date(NOW.getTime() - MINUTE_MS).toISOString(),
      risk: null,
      bypassed: [],
    };
    await tell(InterruptionDetectedV1, 'agent-9', { ...incident, incidentId: 'incident-1' });
    await tell(InterruptionDetectedV1, 'agent-9', { ...incident, incidentId: 'incident-1' });
    const machine = { instanceId: 'instance-9', ec2InstanceId: 'i-0009', mode: 'spot' as const, poolId: B };
    await tell(AgentRegisteredV1, 'agent-9', {
      agentId: 'agent-9',
      clientId: 'client-1',
      agentKey: 'agent-9',
      logicalAgentId: 'web-9',
      region: 'us-east-1',
      instanceType: 't3.medium',
      role: 'ZOMBIE',
      placement: machine,
      primary: null,
      settings: SETTINGS,
      epoch: 1,
    });
    const marks = new SqlMarkStore();
    const { uow } = database;
    await waitFor(async () => (await uow.read((tx) => marks.listMarks(tx, [B], new Date(0)))).length === 1, {
      what: 'the mark against the pool',
    });
    await register();
    await pricesRead();
    await waitFor(() => proposals().length === 1, { what: 'a proposal' });
    expect(proposals()[0]?.data).toMatchObject({ targetPoolId: A });
    expect(decisions()[0]?.candidates.find(({ poolId }) => poolId === B)?.rejectedBecause).toEqual([
      'pool-under-notice',
      'pool-blocked',
    ]);
  });
});
