import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  FindInstance,
  InstanceCosts,
  ListAgents,
  ListIncidents,
  ListSwitches,
  PoolCatalogue,
  PoolRisk,
  PriceHistory,
  PriceStatistics,
  RawPrices,
} from '@spotopt/contracts';
import type { AgentView, PoolFacts, RpcRequest, RpcResponse, SwitchView } from '@spotopt/contracts';
import { ManualClock } from '@spotopt/testkit';
import { GatewayHarness } from '../gateway-harness.contract.js';
import { poolRisk } from '../risk/pool-risk.contract.js';
import { agentView, poolFacts, pricePoint } from './market.contract.js';

const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';
const C = 't3.medium.us-east-1c';
const NOW = '2026-11-21T12:00:00.000Z';

let gateway: GatewayHarness;
let acme: { id: string; token: string };
let other: { id: string; token: string };
let agents: AgentView[];
let pools: PoolFacts[];
let costs: RpcResponse<typeof InstanceCosts>['costs'];
let switches: SwitchView[];
const historyRequests: RpcRequest<typeof PriceHistory>[] = [];
const statisticsRequests: RpcRequest<typeof PriceStatistics>[] = [];

beforeAll(async () => {
  gateway = await GatewayHarness.start({ clock: new ManualClock(new Date(NOW)) });
  acme = await gateway.createClient('acme');
  other = await gateway.createClient('other');
  await gateway.answer(ListAgents, ({ clientId }) => ({
    agents: agents.filter((agent) => clientId === null || agent.clientId === clientId),
  }));
  await gateway.answer(FindInstance, ({ clientId, ec2InstanceId }) => {
    const own = agents.filter((agent) => clientId === null || agent.clientId === clientId);
    const primary = own.find((agent) => agent.ec2InstanceId === ec2InstanceId);
    if (primary !== undefined) return { found: machineOf(primary, 'primary') };
    const [agent] = own;
    const standsBy = ec2InstanceId === 'i-0standby1' && agent !== undefined;
    return { found: standsBy ? machineOf({ ...agent, az: 'us-east-1b', poolId: B }, 'standby') : null };
  });
  await gateway.answer(PoolCatalogue, ({ region, instanceType, poolIds }) => ({
    pools: pools.filter(
      (pool) =>
        (region === null || pool.region === region) &&
        (instanceType === null || pool.instanceType === instanceType) &&
        (poolIds === null || poolIds.includes(pool.poolId)),
    ),
  }));
  await gateway.answer(PriceHistory, (request) => {
    historyRequests.push(request);
    return { stepSeconds: request.stepSeconds, pools: request.poolIds.map((poolId) => seriesOf(poolId)) };
  });
  await gateway.answer(PriceStatistics, (request) => {
    statisticsRequests.push(request);
    return { pools: request.poolIds.map((poolId) => statisticsOf(poolId)) };
  });
  await gateway.answer(ListSwitches, ({ agentId }) => {
    const found = switches.filter((view) => agentId === null || view.agentId === agentId);
    return { switches: found, total: found.length };
  });
  await gateway.answer(ListIncidents, () => ({
    incidents: [
      incident('i-0abc1234', 'terminate'),
      incident('i-0abc1234', 'warn'),
      incident('i-0before12', 'terminate'),
    ],
    total: 3,
  }));
  await gateway.answer(InstanceCosts, () => ({ costs }));
  await gateway.answer(PoolRisk, () => ({ pools: [poolRisk(B, 0.75)] }));
});

afterAll(() => gateway.stop());

beforeEach(() => {
  agents = [agentView(acme.id), agentView(other.id, { agentId: 'foreign', ec2InstanceId: 'i-0foreign1' })];
  pools = [
    poolFacts(A, 0.02),
    poolFacts(B, 0.01),
    poolFacts(C, null),
    poolFacts('c5.large.us-east-1a', 0.03),
  ];
  costs = null;
  switches = [];
  historyRequests.length = 0;
  statisticsRequests.length = 0;
});

function seriesOf(poolId: string): RpcResponse<typeof PriceHistory>['pools'][number] {
  const filled = { state: 'filled' as const, source: 'interpolated' as const, method: 'linear' as const };
  return {
    poolId,
    points: [
      pricePoint('2026-11-21T10:00:00.000Z', 0.02),
      pricePoint('2026-11-21T11:00:00.000Z', 0.021, { ...filled, confidence: 0.85 }),
      pricePoint('2026-11-21T12:00:00.000Z', null),
    ],
  };
}

function statisticsOf(poolId: string): RpcResponse<typeof PriceStatistics>['pools'][number] {
  return {
    poolId,
    averageUsdPerHour: 0.0205,
    minUsdPerHour: 0.02,
    maxUsdPerHour: 0.021,
    volatility: 0.07,
    volatilityCategory: 'low',
    trend: 'rising',
    measuredBuckets: 12,
    filledBuckets: 3,
    emptyBuckets: 1,
    flaggedBuckets: 2,
  };
}

function machineOf(
  agent: AgentView,
  role: 'primary' | 'standby',
): NonNullable<RpcResponse<typeof FindInstance>['found']> {
  const { instanceType, region, mode } = agent;
  return { role, agent, instanceType, region, az: agent.az ?? '', mode, poolId: agent.poolId ?? A };
}

function incident(
  ec2InstanceId: string,
  urgency: 'warn' | 'terminate',
): RpcResponse<typeof ListIncidents>['incidents'][number] {
  return {
    ...{ incidentId: ec2InstanceId, agentId: 'workload-1', clientId: acme.id, ec2InstanceId },
    ...{ state: 'survived', urgency, firstSignalAt: NOW, deadlineAt: null, signalCount: 1 },
    ...{ risk: null, switchId: null, failoverMs: 1, closedAt: NOW },
  };
}

function finishedSwitch(switchId: string, startedAt: string, downtimeMs: number | null): SwitchView {
  return {
    ...{
      switchId,
      agentId: 'workload-1',
      clientId: acme.id,
      trigger: 'model',
      reason: '',
      status: 'finished',
    },
    ...{ step: 'finish', fromMode: 'ondemand', fromPoolId: A, fromEc2InstanceId: null, toMode: 'spot' },
    ...{ toPoolId: B, toEc2InstanceId: 'i-0abc1234', startedAt, finishedAt: startedAt, downtimeMs },
    ...{ newUsdPerHour: 0.01, savingsUsdPerHour: 0.03 },
  };
}

async function get(
  path: string,
  token = acme.token,
): Promise<{ status: number; body: Record<string, unknown> }> {
  return gateway.call('GET', path, { token });
}

async function ofInstance(what: string, id = 'i-0abc1234'): Promise<Record<string, unknown>> {
  const answer = await get(`/api/client/instances/${id}/${what}`);
  expect(answer.status).toBe(200);
  return answer.body;
}

describe('an instance', () => {
  it.each(['pricing', 'price-history', 'metrics', 'available-options', 'pool-volatility'])(
    'that is foreign, left or unknown has no %s, with one and the same answer',
    async (what) => {
      agents = agents.map((agent) => ({ ...agent, replicaCount: 1 }));
      const answers = await Promise.all(
        ['i-0foreign1', 'i-0gone1234', 'i-0nowhere1'].map((id) => get(`/api/client/instances/${id}/${what}`)),
      );
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
      expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    },
  );

  it('may be a standby', async () => {
    agents = [agentView(acme.id, { replicaCount: 1 })];
    const body = await ofInstance('pricing', 'i-0standby1');
    expect(body).toMatchObject({ currentPool: { id: B }, current_price: 0.01 });
  });
});

describe('pricing', () => {
  it('lists pools with a price, cheapest first, and what the present one did lately', async () => {
    const body = await ofInstance('pricing?hours=2');
    expect(body).toMatchObject({
      currentMode: 'spot',
      currentPool: { id: A },
      onDemand: { price: 0.04, source: 'catalogue', estimated: false },
      pools: [
        { id: B, price: 0.01, savings: 75 },
        { id: A, price: 0.02, savings: 50 },
      ],
      current_price: 0.02,
      avg_price_24h: 0.0205,
      min_price_24h: 0.02,
      max_price_24h: 0.021,
      price_trend: 'rising',
    });
    expect(body['pools']).toHaveLength(2);
    expect((body['data_points'] as unknown[])[2]).toEqual({
      timestamp: '2026-11-21T12:00:00.000Z',
      spot_price: null,
      state: 'empty',
    });
    expect(statisticsRequests[0]).toMatchObject({ poolIds: [A], from: '2026-11-21T10:00:00.000Z', to: NOW });
    expect(historyRequests[0]).toMatchObject({ stepSeconds: 300 });
  });

  it('says what an on-demand machine costs, and that the price is estimated', async () => {
    agents = [agentView(acme.id, { mode: 'ondemand' })];
    pools = pools.map((pool) => ({ ...pool, onDemandSource: 'estimated' }));
    const body = await ofInstance('pricing');
    expect(body).toMatchObject({ currentPool: null, current_price: 0.04, onDemand: { estimated: true } });
  });

  it('knows no price where the market knows none', async () => {
    pools = [];
    expect(await ofInstance('pricing')).toMatchObject({
      onDemand: { price: null, source: null, estimated: false },
      pools: [],
      current_price: null,
      price_trend: 'unknown',
      data_points: [],
    });
  });

  it.each(['0', '2161', 'x'])('refuses %s hours by name', async (hours) => {
    const answer = await get(`/api/client/instances/i-0abc1234/pricing?hours=${hours}`);
    expect(answer.status).toBe(400);
    expect(answer.body['error']).toContain('hours');
  });
});

describe('price history', () => {
  it('has a column per pool of the type and tells measured, filled and empty steps apart', async () => {
    const body = await ofInstance('price-history');
    expect(body).toMatchObject({
      step_seconds: 3600,
      on_demand_price: 0.04,
      from: '2026-11-14T12:00:00.000Z',
    });
    expect(body['pools']).toEqual(
      [A, B, C].map((id) => {
        const az = id.slice('t3.medium.'.length);
        return { id, name: `t3.medium in ${az}`, az, key: `pool_${az.replaceAll('-', '_')}` };
      }),
    );
    const rows = body['data'] as Record<string, unknown>[];
    expect(rows[1]).toMatchObject({
      time: '2026-11-21T11:00:00.000Z',
      onDemand: 0.04,
      pool_us_east_1a: 0.021,
    });
    expect(rows[2]).toMatchObject({ pool_us_east_1a: null });
    const states = body['states'] as Record<string, unknown[]>;
    expect(states['pool_us_east_1b']).toEqual([
      { state: 'measured', source: 'primary-report', method: null, confidence: 1 },
      { state: 'filled', source: 'interpolated', method: 'linear', confidence: 0.85 },
      { state: 'empty', source: null, method: null, confidence: null },
    ]);
  });

  it.each([
    ['days=90', 86_400],
    ['days=30', 21_600],
    ['hours=6', 300],
    ['interval=day', 86_400],
    ['interval=hour&days=90', 3_600],
    ['step_seconds=900&hours=24', 900],
  ])('of %s has steps of %d s', async (query, step) => {
    expect((await ofInstance(`price-history?${query}`))['step_seconds']).toBe(step);
  });

  it.each([
    ['days=91', 'days'],
    ['interval=week', 'interval'],
    ['step_seconds=301', 'step_seconds'],
    ['days=90&step_seconds=300', 'step_seconds'],
  ])('refuses %s by name', async (query, field) => {
    const answer = await get(`/api/client/instances/i-0abc1234/price-history?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body['error']).toContain(field);
  });

  it('asks for many pools in parts that the owner takes', async () => {
    pools = Array.from({ length: 60 }, (_, index) =>
      poolFacts(`t3.medium.us-east-1-x-${String(index)}a`, 0.01),
    );
    pools = pools.map((pool) => ({ ...pool, region: 'us-east-1' }));
    const body = await ofInstance('price-history');
    expect(historyRequests.map(({ poolIds }) => poolIds.length).sort()).toEqual([10, 50]);
    expect(Object.keys(body['states'] as object)).toHaveLength(60);
  });

  it('of a tenant is that of its first workload unless it names one', async () => {
    gateway.addAgent(acme.id, 'key-2', { agentId: 'workload-2' });
    agents.push(agentView(acme.id, { agentId: 'workload-2', instanceType: 'c5.large', createdAt: NOW }));
    const first = await get('/api/client/pricing-history?days=1');
    expect(first.body).toMatchObject({ agent_id: 'workload-1', instance_type: 't3.medium', data_points: 3 });
    expect((first.body['history'] as unknown[])[1]).toMatchObject({
      timestamp: '2026-11-21T11:00:00.000Z',
      ondemand_price: 0.04,
      spot_pools: [
        { pool_id: A, az: 'us-east-1a', price: 0.021, state: 'filled' },
        { pool_id: B },
        { pool_id: C },
      ],
    });
    const named = await get('/api/client/pricing-history?agent_id=key-2');
    expect(named.body).toMatchObject({
      agent_id: 'workload-2',
      instance_type: 'c5.large',
      region: 'us-east-1',
    });
    expect((await get('/api/client/pricing-history?agent_id=nobody')).status).toBe(404);
    const admin = await gateway.call('GET', '/api/client/pricing-history');
    expect(admin).toMatchObject({ status: 400, body: { errors: [{ field: 'agent_id' }] } });
  });
});

describe('metrics', () => {
  it('come from the ledger, the switches and the incidents', async () => {
    costs = {
      startedAt: '2026-11-20T12:00:00.000Z',
      endedAt: null,
      hours: 24,
      costUsd: 0.48,
      savingsUsd: -0.12,
      savingsUsdLast30Days: -0.12,
      estimated: false,
    };
    switches = [
      finishedSwitch('s2', '2026-11-20T12:00:00.000Z', 1),
      finishedSwitch('s1', '2026-11-01T12:00:00.000Z', 1),
    ];
    expect(await ofInstance('metrics')).toMatchObject({
      uptimeHours: 24,
      totalSwitches: 2,
      switchesLast7Days: 1,
      totalSavings: -0.12,
      savingsLast30Days: -0.12,
      spotPrice: 0.02,
      spot_price_known: true,
      onDemandPrice: 0.04,
      on_demand_price_known: true,
      interruptions: 1,
      costs_known: true,
      cpu_utilization: null,
    });
  });

  it('are numbers also for a machine that the ledger does not know, and say so', async () => {
    expect(await ofInstance('metrics')).toMatchObject({
      uptimeHours: 0,
      totalSavings: 0,
      costs_known: false,
    });
  });

  it('are numbers also where the market knows no price, and say so', async () => {
    pools = [poolFacts(A, null, { onDemandUsdPerHour: null, onDemandSource: null })];
    expect(await ofInstance('metrics')).toMatchObject({
      spotPrice: 0,
      spot_price_known: false,
      onDemandPrice: 0,
      on_demand_price_known: false,
    });
  });
});

describe('options', () => {
  it('are all pools of the type, and the cheapest one that is sold is recommended', async () => {
    pools = [
      poolFacts(A, 0.02),
      poolFacts(B, 0.01, { offered: false }),
      poolFacts(C, null),
      poolFacts('c5.large.us-east-1a', 0.03),
    ];
    const body = await ofInstance('available-options');
    expect(body).toMatchObject({
      instanceTypes: ['c5.large', 't3.medium'],
      currentType: 't3.medium',
      currentRegion: 'us-east-1',
      currentAz: 'us-east-1a',
      options: [
        { pool_id: B, savings_percent: 75, risk_score: 0.75, recommended: false },
        { pool_id: A, risk_score: null, recommended: true },
        { pool_id: C, current_spot_price: null, savings_percent: null, recommended: false },
      ],
    });
    expect(body['pools']).toEqual(body['availablePools']);
  });

  it('are compared by how steady they were', async () => {
    const d1 = { count: 1, instanceHours: 48, perInstanceDay: 0.5 };
    pools = [poolFacts(A, 0.02), poolFacts(B, 0.01, { interruptions: { h24: d1, d7: d1, d30: d1 } })];
    expect(await ofInstance('pool-volatility')).toMatchObject({
      current_pool: {
        pool_id: A,
        volatility_score: 0.07,
        volatility_category: 'low',
        interruption_rate_24h: null,
      },
      alternative_pools: [
        {
          pool_id: B,
          interruption_rate_24h: 0.5,
          price_stability_7d: 0.93,
          recommendation: 'strongly_recommended',
        },
      ],
    });
    expect(statisticsRequests[0]).toMatchObject({ from: '2026-11-14T12:00:00.000Z', to: NOW });
  });
});

describe('a simulated switch', () => {
  const simulate = async (body: unknown): Promise<{ status: number; body: Record<string, unknown> }> =>
    gateway.call('POST', '/api/client/instances/i-0abc1234/simulate-switch', { token: acme.token, body });

  it('to a pool says what it saves, how long it takes and how sure that is', async () => {
    switches = [
      finishedSwitch('s3', NOW, 9_000),
      finishedSwitch('s2', NOW, 1_000),
      finishedSwitch('s1', NOW, 2_000),
    ];
    pools = [
      poolFacts(A, 0.02),
      poolFacts(B, 0.01, { advisor: { bucket: 1, label: '5-10%', savingsPercent: 70, readAt: NOW } }),
    ];
    const { body } = await simulate({ target_pool: B, target_type: 'spot' });
    expect(body['simulation']).toMatchObject({
      current_price: 0.02,
      target_price: 0.01,
      hourly_savings: 0.01,
      daily_savings: 0.24,
      monthly_savings: 7.2,
      savings_percent: 50,
      estimated_downtime_seconds: 2,
      confidence: 0.85,
      volatility_risk: 'low',
      interruption_probability_24h: 0.002595,
      recommendation: 'strongly_recommended',
    });
  });

  it('to on-demand keeps the sign of a loss', async () => {
    const { body } = await simulate({ target_type: 'ondemand' });
    expect(body['simulation']).toMatchObject({
      hourly_savings: -0.02,
      estimated_downtime_seconds: null,
      volatility_risk: 'very_low',
      interruption_probability_24h: 0,
      recommendation: 'not_recommended',
    });
  });

  it('to a pool without a price saves nothing that anybody knows', async () => {
    const { body } = await simulate({ target_pool: C });
    expect(body['simulation']).toMatchObject({
      target_price: null,
      monthly_savings: null,
      interruption_probability_24h: null,
      recommendation: 'not_recommended',
    });
  });

  it.each([
    [{ target_pool: 'c5.large.us-east-1a' }, 'target_pool'],
    [{}, 'target_pool'],
    [{ target_pool: B, target_type: 'reserved' }, 'target_type'],
  ])('refuses %j by name', async (body, field) => {
    const answer = await simulate(body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});

describe('pools', () => {
  it('are listed cheapest first; those without a price on request, at the end', async () => {
    const priced = await get('/api/pools?instance_type=t3.medium');
    expect(priced.body).toMatchObject({
      total: 2,
      pools: [{ id: B, name: 't3.medium in us-east-1b' }, { id: A }],
    });
    const all = await get('/api/pools?instance_type=t3.medium&include_unpriced=true');
    expect(all.body).toMatchObject({ total: 3, pools: [{ id: B }, { id: A }, { id: C, spot_price: null }] });
  });

  it('are compared across regions', async () => {
    pools.push(
      poolFacts('t3.medium.eu-west-1a', 0.008, { onDemandUsdPerHour: 0.05 }),
      poolFacts('t3.medium.ap-south-1a', null),
    );
    const { body } = await get('/api/pools/compare?instance_type=t3.medium');
    expect(body).toEqual({
      instance_type: 't3.medium',
      total: 2,
      regions: [
        expect.objectContaining({
          region: 'eu-west-1',
          cheapest_price: 0.008,
          savings_percent: 84,
          pools: 1,
        }),
        expect.objectContaining({
          region: 'us-east-1',
          cheapest_az: 'us-east-1b',
          median_price: 0.015,
          pools: 2,
        }),
      ],
    });
    expect((await get('/api/pools/compare')).body['error']).toContain('instance_type');
  });

  it('have a history and statistics', async () => {
    const window = 'from=2026-11-21T10:00:00Z&to=2026-11-21T12:00:00Z';
    const history = await get(`/api/pools/${A}/history?${window}&step_seconds=3600`);
    expect(history.body).toMatchObject({
      pool_id: A,
      step_seconds: 3600,
      total: 3,
      points: [
        { spot_price: 0.02, state: 'measured' },
        { method: 'linear', confidence: 0.85 },
        { spot_price: null },
      ],
    });
    const statistics = await get(`/api/pools/${A}/statistics?${window}`);
    expect(statistics.body).toMatchObject({
      average_price: 0.0205,
      trend: 'rising',
      filled_buckets: 3,
      flagged_buckets: 2,
    });
  });

  it('have the prices as they were observed', async () => {
    const observed = { observedAt: NOW, spotUsdPerHour: 0.02, source: 'spot-price-history' as const };
    const cancel = await gateway.answer(RawPrices, () => ({ prices: [observed], total: 1 }));
    const { body } = await get(`/api/pools/${A}/prices?from=${NOW}&to=${NOW}`);
    await cancel();
    expect(body).toEqual({
      prices: [{ observed_at: NOW, spot_price: 0.02, source: 'spot-price-history' }],
      total: 1,
    });
  });

  it.each(['history', 'statistics', 'prices'])('that nobody knows have no %s', async (what) => {
    expect((await get(`/api/pools/t9.nano.us-east-1a/${what}`)).status).toBe(404);
    expect((await get(`/api/pools/nonsense/${what}`)).status).toBe(404);
    const reversed = await get(`/api/pools/${A}/${what}?from=2026-11-21T12:00:00Z&to=2026-11-21T10:00:00Z`);
    expect(reversed).toMatchObject({ status: 400, body: { errors: [{ field: 'from' }] } });
    const unreadable = await get(`/api/pools/${A}/${what}?to=yesterday`);
    expect(unreadable).toMatchObject({ status: 400, body: { errors: [{ field: 'to' }] } });
  });
});
