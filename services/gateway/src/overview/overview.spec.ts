import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ChangeAgentSettings,
  CurrentPrices,
  DeleteAgent,
  FindInstance,
  FleetSummary,
  GetAgentConfig,
  ListAgents,
  ListDecisions,
  ListIncidents,
  ListReplicas,
  ListSwitches,
  PricingSummary,
  RequestSwitch,
  SavingsTotals,
} from '@spotopt/contracts';
import type { SwitchView } from '@spotopt/contracts';
import { ROUTES } from '@spotopt/contracts/http';
import { AGENT, GatewayHarness, SETTINGS } from '../gateway-harness.contract.js';

let gateway: GatewayHarness;
let client: { id: string; token: string };
let stopPricing: () => Promise<void>;

const SAVINGS = {
  savingsUsdTotal: 12.5,
  savingsUsdThisMonth: 2.5,
  onDemandUsdThisMonth: 10,
  actualUsdThisMonth: 7.5,
  estimatedSavingsUsdTotal: 1,
};

const SWITCH: Omit<SwitchView, 'clientId'> = {
  switchId: 'switch-1',
  agentId: 'workload-of-key-1',
  trigger: 'manual',
  reason: 'because',
  status: 'finished',
  step: 'finish',
  fromMode: 'ondemand',
  fromPoolId: 't3.medium.us-east-1a',
  fromEc2InstanceId: 'i-0old1234',
  toMode: 'spot',
  toPoolId: 't3.medium.us-east-1b',
  toEc2InstanceId: 'i-0new1234',
  startedAt: '2026-11-21T12:00:00.000Z',
  finishedAt: '2026-11-21T12:01:30.000Z',
  downtimeMs: 2500,
  newUsdPerHour: 0.01,
  savingsUsdPerHour: 0.03,
};

beforeAll(async () => {
  gateway = await GatewayHarness.start();
  client = await gateway.createClient('acme');
  gateway.addAgent(client.id, 'key-1');
  const clientId = client.id;
  await gateway.answer(FleetSummary, () => ({
    agentsTotal: 2,
    agentsOnline: 1,
    instancesRunning: 3,
    replicasActive: 1,
    replicasReady: 1,
    replicasSyncing: 0,
    switchesTotal: 5,
    switchesToday: 2,
    modelSwitches: 3,
    manualSwitches: 1,
    emergencySwitches: 1,
    downtimeMsTotal: 12_000,
  }));
  await gateway.answer(SavingsTotals, ({ clientId: scope }) => ({
    clients: [
      { ...SAVINGS, clientId },
      ...(scope === null ? [{ ...SAVINGS, clientId: 'former', savingsUsdTotal: -0.2 }] : []),
    ],
  }));
  stopPricing = await gateway.answer(PricingSummary, () => ({
    poolsCovered: 7,
    rawPrices: 100,
    latestObservedAt: null,
  }));
  await gateway.answer(ListAgents, () => ({ agents: [{ ...AGENT, clientId }] }));
  await gateway.answer(ListSwitches, () => ({ switches: [{ ...SWITCH, clientId }], total: 1 }));
  await gateway.answer(ListDecisions, () => ({ decisions: [], total: 0 }));
  await gateway.answer(ListIncidents, () => ({ incidents: [], total: 0 }));
  await gateway.answer(CurrentPrices, () => ({
    pools: [
      {
        poolId: 't3.medium.us-east-1a',
        spotUsdPerHour: 0.01,
        onDemandUsdPerHour: 0.04,
        onDemandSource: 'price-list' as const,
        source: 'spot-price-history' as const,
        observedAt: '2026-11-21T12:00:00.000Z',
      },
    ],
  }));
  await gateway.answer(ListReplicas, () => ({ replicas: [] }));
  await gateway.answer(FindInstance, ({ ec2InstanceId }) => {
    if (ec2InstanceId !== 'i-0abc1234' && ec2InstanceId !== 'i-0standby1') return { found: null };
    const role = ec2InstanceId === 'i-0abc1234' ? ('primary' as const) : ('standby' as const);
    const place = { region: 'us-east-1', az: 'us-east-1a', poolId: 't3.medium.us-east-1a' };
    const agent = { ...AGENT, clientId };
    return { found: { role, agent, instanceType: 't3.medium', mode: 'spot' as const, ...place } };
  });
  await gateway.answer(RequestSwitch, ({ agentRef }) => ({
    outcome: 'started' as const,
    switchId: `switch-of-${agentRef}`,
  }));
  let settings = SETTINGS;
  await gateway.answer(GetAgentConfig, ({ agentRef }) => ({
    agent: gateway.addAgent(
      clientId,
      agentRef,
      agentRef === 'key-2' ? { role: 'REPLICA', enabled: false } : {},
    ),
    settings,
  }));
  await gateway.answer(ChangeAgentSettings, ({ changes }) => {
    settings = { ...settings, ...Object.fromEntries(Object.entries(changes)) };
    return { settings };
  });
  await gateway.answer(DeleteAgent, ({ agentRef }) => ({ agentId: agentRef }));
});

afterAll(async () => {
  await gateway.stop();
});

describe('overview', () => {
  it('counts in both vocabularies', async () => {
    const { body } = await gateway.call('GET', '/api/admin/stats');
    expect(body).toMatchObject({
      totalAccounts: 1,
      agentsOnline: 1,
      agentsTotal: 2,
      poolsCovered: 7,
      totalSavings: 12.3,
      totalSwitches: 5,
      modelSwitches: 3,
      manualSwitches: 1,
      total_clients: 1,
      total_agents: 2,
      total_instances: 3,
      total_switches_today: 2,
      total_savings_month: 5,
      avg_savings_percent: 25,
      active_replicas: 1,
      partial: false,
      missing: [],
    });
  });

  it('shows a tenant to itself and to the administrator', async () => {
    const own = await gateway.call('GET', `/api/client/${client.id}`, { token: client.token });
    expect(own.body).toMatchObject({
      name: 'acme',
      totalSavings: 12.5,
      total_agents: 2,
      spot_instances: 1,
      recent_switches: [{ id: 'switch-1', savings_impact: 0.03 }],
      active_agents: [{ instance_id: 'i-0abc1234', current_mode: 'spot' }],
    });
    const all = await gateway.call('GET', '/api/admin/clients');
    expect(all.body).toMatchObject({
      total: 1,
      clients: [{ name: 'acme', agentsTotal: 2, totalSavings: 12.5 }],
    });
  });

  it('lists agents in the names of both dashboards', async () => {
    const own = await gateway.call('GET', `/api/client/${client.id}/agents`, { token: client.token });
    expect(own.body).toMatchObject({
      agents: [
        {
          id: 'workload-of-key-1',
          hostname: 'ip-10-0-0-1',
          current_mode: 'spot',
          last_heartbeat_at: AGENT.lastHeartbeatAt,
          lastHeartbeat: AGENT.lastHeartbeatAt,
          auto_switch_enabled: true,
          autoSwitchEnabled: true,
          terminateWaitMinutes: 30,
          replica_count: 0,
        },
      ],
    });
    const all = await gateway.call('GET', '/api/admin/agents?status=online');
    expect(all.body).toMatchObject({ total: 1, agents: [{ clientName: 'acme', version: '4.0.0' }] });
    expect((await gateway.call('GET', '/api/admin/agents?status=offline')).body).toMatchObject({ total: 0 });
    const instances = await gateway.call('GET', '/api/admin/instances?search=ACME');
    expect(instances.body).toMatchObject({
      instances: [{ id: 'i-0abc1234', clientName: 'acme', spotPrice: 0.01, ondemandPrice: 0.04 }],
    });
  });

  it.each(['switch-history', 'switches'])('shows %s', async (path) => {
    const { body } = await gateway.call('GET', `/api/client/${client.id}/${path}?limit=5`, {
      token: client.token,
    });
    expect(body).toMatchObject({
      total: 1,
      switches: [
        {
          id: 'switch-1',
          old_az: 'us-east-1a',
          new_az: 'us-east-1b',
          instanceId: 'i-0new1234',
          duration_seconds: 90,
          price: 0.01,
          downtime_seconds: 2.5,
          fromPool: 't3.medium.us-east-1a',
        },
      ],
    });
  });

  it('shows decisions and incidents', async () => {
    const decisions = await gateway.call('GET', '/api/decisions?agent_id=key-1', { token: client.token });
    expect(decisions.body).toEqual({ decisions: [], total: 0 });
    expect((await gateway.call('GET', '/api/decisions?agent_id=none', { token: client.token })).status).toBe(
      404,
    );
    expect((await gateway.call('GET', '/api/incidents')).body).toEqual({ incidents: [], total: 0 });
    const wrong = await gateway.call('GET', '/api/incidents?limit=many');
    expect(wrong.status).toBe(400);
    expect(wrong.body['error']).toContain('limit');
  });

  it('lists standbys of every agent of a tenant', async () => {
    const { body } = await gateway.call('GET', `/api/client/${client.id}/replicas`, { token: client.token });
    expect(body).toMatchObject({ total: 0, replicas: [] });
  });

  it('switches the workload of an instance', async () => {
    const url = '/api/client/instances/i-0abc1234/force-switch';
    const done = await gateway.call('POST', url, { token: client.token, body: { target: 'ondemand' } });
    expect(done).toMatchObject({
      status: 200,
      body: { success: true, command_id: 'switch-of-workload-of-key-1' },
    });
    const pool = { target: 'pool', pool_id: 't3.medium.us-east-1b' };
    expect((await gateway.call('POST', url, { body: pool })).body).toMatchObject({ target_mode: 'spot' });
    for (const id of ['i-0foreign1', 'i-0standby1']) {
      const other = `/api/client/instances/${id}/force-switch`;
      expect((await gateway.call('POST', other, { token: client.token, body: pool })).status).toBe(404);
    }
  });

  it('says which source is missing instead of failing', async () => {
    await stopPricing();
    const { status, body } = await gateway.call('GET', '/api/admin/stats');
    expect(status).toBe(200);
    expect(body).toMatchObject({ agentsTotal: 2, poolsCovered: 0, partial: true, missing: ['pricing'] });
  });
});

describe('settings', () => {
  it.each(['config', 'settings'])('are changed at %s in either spelling', async (path) => {
    const url = `/api/client/agents/key-1/${path}`;
    const camel = await gateway.call('POST', url, {
      body: { terminateWaitMinutes: 10, autoTerminateEnabled: true },
    });
    expect(camel.body).toMatchObject({
      success: true,
      terminate_wait_seconds: 600,
      auto_terminate_enabled: true,
    });
    const snake = await gateway.call('POST', url, {
      body: { min_savings_threshold: 0.25, max_risk_score: 0.2 },
    });
    expect(snake.body).toMatchObject({ min_savings_percent: 25, risk_threshold: 0.2 });
  });

  it('refuse automatic switching together with a manual replica', async () => {
    const answer = await gateway.call('POST', '/api/client/agents/key-1/config', {
      body: {
        autoSwitchEnabled: true,
        manualReplicaEnabled: true,
        autoTerminateEnabled: true,
        terminateWaitMinutes: 30,
      },
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'settings-conflict' } });
    expect((await gateway.call('POST', '/api/client/agents/key-1/config', { body: {} })).status).toBe(400);
    const wrong = await gateway.call('POST', '/api/client/agents/key-1/config', {
      body: { autoSwitchEnabled: 'yes' },
    });
    expect(wrong.body['error']).toContain('autoSwitchEnabled');
  });

  it('are flipped without a body and set with one', async () => {
    const url = '/api/client/agents/key-1/toggle-enabled';
    expect((await gateway.call('POST', url, { rawBody: '' })).body).toMatchObject({ enabled: false });
    expect((await gateway.call('POST', url)).body).toMatchObject({ enabled: true });
    expect((await gateway.call('POST', url, { body: { enabled: false } })).body).toMatchObject({
      enabled: false,
    });
    await gateway.call('POST', url, { body: { enabled: true } });
  });

  it('are read by the agent, which is not enabled while it is no primary', async () => {
    const primary = await gateway.call('GET', '/api/agents/key-1/config', { token: client.token });
    expect(primary.body).toMatchObject({ enabled: true, manual_replica_enabled: false, role: 'PRIMARY' });
    const standby = await gateway.call('GET', '/api/agents/key-2/config', { token: client.token });
    expect(standby.body).toMatchObject({ enabled: false, auto_switch_enabled: true, role: 'REPLICA' });
    const replica = await gateway.call('GET', '/api/agents/key-1/replica-config', { token: client.token });
    expect(replica.body).toEqual({ enabled: false, count: 0 });
  });

  it('end with the agent', async () => {
    const answer = await gateway.call('DELETE', '/api/client/agents/key-1', { token: client.token });
    expect(answer.body).toMatchObject({ success: true, agent_id: 'key-1' });
  });
});

describe('the catalogue of routes', () => {
  it('is what is served: no route of it is unknown', async () => {
    for (const route of ROUTES) {
      for (const path of [route.path, ...route.aliases]) {
        const url = path.replaceAll(/:\w+/g, 'x');
        const answer = await gateway.call(route.method, url, { token: 'token-wrong' });
        expect({ path, served: answer.body['detail'] !== 'no such route' }).toEqual({ path, served: true });
        if (route.access !== 'public') expect({ path, status: answer.status }).toEqual({ path, status: 401 });
      }
    }
  });
});
