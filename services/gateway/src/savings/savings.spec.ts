import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CloseDay,
  CreatePriceAlert,
  DeletePriceAlert,
  LedgerDay,
  ListAgents,
  ListPriceAlerts,
  ListSwitches,
  SavingsReport,
  SavingsTotals,
} from '@spotopt/contracts';
import type { PriceAlertView, RpcRequest, SavingsPeriod, SwitchView } from '@spotopt/contracts';
import { ManualClock } from '@spotopt/testkit';
import { GatewayHarness } from '../gateway-harness.contract.js';
import type { HttpAnswer } from '../gateway-harness.contract.js';
import { agentView } from '../prices/market.contract.js';
import { FIGURES, savingsPeriod } from './ledger.contract.js';

const NOW = '2026-11-21T12:00:00.000Z';
const POOL = 't3.medium.us-east-1a';

let gateway: GatewayHarness;
let acme: { id: string; token: string };
let other: { id: string; token: string };
let periods: SavingsPeriod[];
let switches: SwitchView[];
const reports: RpcRequest<typeof SavingsReport>[] = [];

beforeAll(async () => {
  gateway = await GatewayHarness.start({ clock: new ManualClock(new Date(NOW)) });
  acme = await gateway.createClient('acme');
  other = await gateway.createClient('other');
  gateway.addAgent(acme.id, 'key-1', { agentId: 'workload-1' });
  gateway.addAgent(other.id, 'key-foreign', { agentId: 'foreign' });
  await gateway.answer(SavingsReport, (request) => {
    reports.push(request);
    const total = savingsPeriod('all', { savingsUsd: -1.5, savingsPercent: -15 });
    const month = { period: '2026-11', actualUsd: 12, onDemandUsd: 30, savingsUsd: 18 };
    return {
      periods,
      total,
      projection: { ...month, daysKnown: 20.5, daysInMonth: 30 },
      trend: 'falling' as const,
    };
  });
  await gateway.answer(SavingsTotals, ({ clientId }) => ({
    clients:
      clientId === acme.id
        ? [
            {
              ...{ clientId, savingsUsdTotal: -2.25, savingsUsdThisMonth: -1, onDemandUsdThisMonth: 5 },
              ...{ actualUsdThisMonth: 6, estimatedSavingsUsdTotal: 0 },
            },
          ]
        : [],
  }));
  await gateway.answer(ListAgents, ({ clientId }) => ({
    agents: ['spot', 'spot', 'ondemand'].map((mode, index) =>
      agentView(clientId ?? '', { agentId: `w${String(index)}`, mode: mode as 'spot' | 'ondemand' }),
    ),
  }));
  await gateway.answer(ListSwitches, ({ limit = 100, offset = 0 }) => ({
    switches: switches.slice(offset, offset + limit),
    total: switches.length,
  }));
});

afterAll(() => gateway.stop());

beforeEach(() => {
  periods = [savingsPeriod('2026-10', { savingsUsd: -0.5 }), savingsPeriod('2026-11', { open: true })];
  switches = [];
  reports.length = 0;
});

async function get(path: string, token: string | null = acme.token): Promise<HttpAnswer> {
  return gateway.call('GET', path, { token });
}

function switchAt(switchId: string, startedAt: string, more: Partial<SwitchView> = {}): SwitchView {
  return {
    ...{
      switchId,
      agentId: 'workload-1',
      clientId: acme.id,
      trigger: 'model',
      reason: '',
      status: 'finished',
    },
    ...{ step: 'finish', fromMode: 'ondemand', fromPoolId: POOL, fromEc2InstanceId: 'i-0old12345' },
    ...{ toMode: 'spot', toPoolId: POOL, toEc2InstanceId: 'i-0new12345', startedAt, finishedAt: startedAt },
    ...{ downtimeMs: 1_000, newUsdPerHour: 0.01, savingsUsdPerHour: 0.03 },
    ...more,
  };
}

describe('a tenant', () => {
  it.each([
    'savings',
    'costs',
    'stats/charts',
    'analytics/downtime',
    'pricing-alerts',
    'export/savings',
    'export/switch-history',
  ])('that is foreign or missing has no %s', async (path) => {
    expect((await get(`/api/client/${other.id}/${path}`)).status).toBe(404);
    const missing = await gateway.call('GET', `/api/client/nobody/${path}`);
    expect(missing).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });
});

describe('savings', () => {
  it('are shown in all with their sign and where they come from', async () => {
    const { body } = await get(`/api/client/${acme.id}/savings`);
    expect(body).toMatchObject({
      total_savings_usd: -2.25,
      total_savings: -2.25,
      savings_this_month: -1,
      monthly_savings: -1,
      savings_percent: -15,
      average_savings_percent: -15,
      on_demand_cost: 10,
      actual_cost: 4,
      standby_cost: 0.5,
      switch_cost: 0.3,
      interruption_cost: 0.2,
      estimated_savings: 1,
      filled_hours: 1.5,
      unpriced_hours: 2,
      savings_by_month: [
        { month: '2026-10', savings: -0.5 },
        { month: '2026-11', savings: 6 },
      ],
      projection: { month: '2026-11', savings: 18, days_known: 20.5 },
      trend: 'falling',
    });
    expect(reports[0]).toMatchObject({
      clientId: acme.id,
      agentId: null,
      from: '2025-12-01',
      to: '2026-11-21',
      by: 'month',
    });
  });

  it('of one workload come from its report alone', async () => {
    const { body } = await get(`/api/client/${acme.id}/savings?agent_id=key-1`);
    expect(body).toMatchObject({ total_savings: -1.5, savings_this_month: 6 });
    expect(reports[0]).toMatchObject({ agentId: 'workload-1' });
    expect((await get(`/api/client/${acme.id}/savings?agent_id=key-foreign`)).status).toBe(404);
    const mixed = await gateway.call('GET', `/api/client/${acme.id}/savings?agent_id=key-foreign`);
    expect(mixed.status).toBe(404);
  });

  it('are listed by month, oldest first', async () => {
    const { body } = await get(`/api/client/${acme.id}/savings?range=monthly`);
    expect(body).toMatchObject({
      total: 2,
      months: [
        { name: 'Oct 2026', period: '2026-10', savings: -0.5, onDemandCost: 10, modelCost: 4, open: false },
        { name: 'Nov 2026', open: true, settled_savings: null, revised: false, anomaly: false },
      ],
    });
  });

  it('are listed by day in a window', async () => {
    periods = [savingsPeriod('2026-11-02', { settledActualUsd: 3.9, settledSavingsUsd: 6.1 })];
    const { body } = await get(`/api/client/${acme.id}/savings?range=daily&from=2026-11-01&to=2026-11-03`);
    expect(body).toMatchObject({ total: 1, days: [{ name: '2 Nov 2026', settled_savings: 6.1 }] });
    expect(reports[0]).toMatchObject({ from: '2026-11-01', to: '2026-11-03', by: 'day' });
    await get(`/api/client/${acme.id}/savings?range=daily`);
    expect(reports[1]).toMatchObject({ from: '2026-10-23', to: '2026-11-21' });
  });

  it.each([
    ['range=yearly', 'range'],
    ['range=daily&from=2026-13-01', 'from'],
    ['range=daily&from=2026-11-02&to=2026-11-01', 'from'],
    ['range=daily&from=2020-01-01', 'from'],
  ])('refuse %s by name', async (query, field) => {
    const answer = await get(`/api/client/${acme.id}/savings?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});

describe('costs of a day', () => {
  it('show every machine and every closing', async () => {
    const stop = await gateway.answer(LedgerDay, ({ day }) => ({
      day,
      open: true,
      lines: [
        {
          ...{
            agentId: 'workload-1',
            instanceId: 'm1',
            ec2InstanceId: 'i-0abc1234',
            mode: 'spot' as const,
            poolId: POOL,
          },
          ...{ purpose: 'standby' as const, from: NOW, to: NOW, hours: 1, costUsd: 0.01, onDemandUsd: 0 },
          ...{ filledHours: 0.5, carriedHours: 0, unpricedHours: 0, estimated: false },
        },
      ],
      closings: [
        { agentId: 'workload-1', revision: 2, closedAt: NOW, figures: FIGURES, changed: ['savingsUsd'] },
      ],
    }));
    const { body } = await get(`/api/client/${acme.id}/costs`);
    expect(body).toMatchObject({
      day: '2026-11-21',
      open: true,
      total: 1,
      lines: [
        {
          agent_id: 'workload-1',
          instance_id: 'i-0abc1234',
          purpose: 'standby',
          cost_usd: 0.01,
          filled_hours: 0.5,
        },
      ],
      closings: [{ revision: 2, changed: ['savingsUsd'], standby_usd: 0.5, downtime_seconds: 4.5 }],
    });
    expect((await get(`/api/client/${acme.id}/costs?day=21.11.2026`)).body).toMatchObject({
      errors: [{ field: 'day' }],
    });
    await stop();
  });

  it('are closed again by an administrator, for days that are over', async () => {
    const stop = await gateway.answer(CloseDay, ({ clientId }) => ({
      agents: 1,
      changed: [
        {
          clientId: clientId ?? '',
          agentId: 'workload-1',
          revision: 2,
          savingsUsdBefore: 0.2,
          savingsUsdAfter: -0.1,
        },
      ],
    }));
    const close = async (body: unknown, token?: string): Promise<HttpAnswer> =>
      gateway.call('POST', '/api/admin/savings/close', { body, ...(token === undefined ? {} : { token }) });
    expect((await close({ day: '2026-11-20', client_id: acme.id })).body).toMatchObject({
      agents: 1,
      total: 1,
      changed: [{ client_id: acme.id, savings_before: 0.2, savings_after: -0.1 }],
    });
    expect(await close({ day: '2026-11-21' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'day' }] },
    });
    expect((await close({ day: '2026-11-20', client_id: 'nobody' })).status).toBe(404);
    expect((await close({ day: '2026-11-20' }, acme.token)).status).toBe(403);
    await stop();
  });
});

describe('charts', () => {
  it('count what the ledger, the fleet and the switches say', async () => {
    switches = [
      switchAt('s3', '2026-11-21T01:00:00.000Z'),
      switchAt('s2', '2026-11-20T23:59:59.000Z'),
      switchAt('s1', '2026-10-22T23:59:59.000Z'),
    ];
    const { body } = await get(`/api/client/${acme.id}/stats/charts`);
    expect(body).toMatchObject({
      savingsTrend: [{ month: 'Oct 2026', baseline: 10, actual: 4 }, { month: 'Nov 2026' }],
      modeDistribution: [
        { mode: 'spot', count: 2 },
        { mode: 'ondemand', count: 1 },
      ],
    });
    const days = body['switchFrequency'] as { date: string; switches: number }[];
    expect(days).toHaveLength(30);
    expect(days[0]?.date).toBe('2026-10-23');
    expect(days.slice(-2)).toEqual([
      { date: '2026-11-20', switches: 1 },
      { date: '2026-11-21', switches: 1 },
    ]);
  });

  it('read as many pages of switches as the window needs', async () => {
    switches = Array.from({ length: 1_203 }, (_, index) =>
      switchAt(`s${String(index)}`, '2026-11-21T01:00:00.000Z'),
    );
    const { body } = await get(`/api/client/${acme.id}/stats/charts`);
    expect((body['switchFrequency'] as { switches: number }[]).at(-1)?.switches).toBe(1_203);
  });

  it('say how long users waited, and whether that got better', async () => {
    switches = [
      switchAt('s6', '2026-11-21T11:00:00.000Z', { downtimeMs: 1_000 }),
      switchAt('s5', '2026-11-21T10:00:00.000Z', { downtimeMs: 3_000 }),
      switchAt('s4', '2026-11-21T09:00:00.000Z', { status: 'failed', downtimeMs: null }),
      switchAt('s3', '2026-11-20T11:00:00.000Z', { downtimeMs: 4_000 }),
      switchAt('s2', '2026-11-10T11:00:00.000Z', { downtimeMs: 90_000 }),
    ];
    const { body } = await get(`/api/client/${acme.id}/analytics/downtime`);
    expect(body).toEqual({
      status: 'success',
      data: {
        ...{ hours: 24, avg_downtime_seconds: 2, p95_downtime_seconds: 3, min_downtime_seconds: 1 },
        ...{ max_downtime_seconds: 3, total_downtime_seconds: 4, total_switches: 3 },
        ...{ successful_switches: 2, failed_switches: 1, trend: -50 },
      },
    });
    const month = await get(`/api/client/${acme.id}/analytics/downtime?days=30`);
    expect(month.body['data']).toMatchObject({ hours: 720, max_downtime_seconds: 90, trend: null });
    expect((await get(`/api/client/${acme.id}/analytics/downtime?days=0`)).body).toMatchObject({
      errors: [{ field: 'days' }],
    });
  });
});

describe('price alerts', () => {
  it('are made, listed and ended by their tenant', async () => {
    const alerts: PriceAlertView[] = [];
    const stops = [
      await gateway.answer(CreatePriceAlert, (request) => {
        const alert = { alertId: 'alert-1', ...request, createdAt: NOW, lastFiredAt: null };
        alerts.push(alert);
        return { alert };
      }),
      await gateway.answer(ListPriceAlerts, ({ clientId }) => ({
        alerts: alerts.filter((alert) => alert.clientId === clientId),
      })),
      await gateway.answer(DeletePriceAlert, ({ alertId }) => ({ deleted: alertId === 'alert-1' })),
    ];
    const url = `/api/client/${acme.id}/pricing-alerts`;
    const made = await gateway.call('POST', url, {
      token: acme.token,
      body: { pool_id: POOL, threshold_price: 0.01 },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { success: true, id: 'alert-1', threshold_price: 0.01 },
    });
    expect((await get(url)).body).toMatchObject({
      total: 1,
      alerts: [{ pool_id: POOL, last_fired_at: null }],
    });
    const ended = await gateway.call('DELETE', `${url}/alert-1`, { token: acme.token });
    expect(ended).toMatchObject({ status: 200, body: { alert_id: 'alert-1' } });
    expect((await gateway.call('DELETE', `${url}/alert-2`, { token: acme.token })).status).toBe(404);
    const foreign = await gateway.call('POST', url, {
      token: other.token,
      body: { pool_id: POOL, threshold_price: 1 },
    });
    expect(foreign.status).toBe(404);
    await Promise.all(stops.map((stop) => stop()));
  });

  it.each([
    [{ pool_id: 'x', threshold_price: 0.01 }, 'pool_id'],
    [{ pool_id: POOL, threshold_price: 0 }, 'threshold_price'],
    [{ pool_id: POOL }, 'threshold_price'],
  ])('refuse %j by name', async (body, field) => {
    const answer = await gateway.call('POST', `/api/client/${acme.id}/pricing-alerts`, {
      token: acme.token,
      body,
    });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});
