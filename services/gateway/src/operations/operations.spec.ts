import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ConsolidationJobs,
  FleetSummary,
  ListAgents,
  ListIncidents,
  ListSwitches,
  PoolCatalogue,
  SavingsReport,
  StartReconcile,
} from '@spotopt/contracts';
import type { ConsolidationJobView, IncidentView, SwitchView } from '@spotopt/contracts';
import { ManualClock } from '@spotopt/testkit';
import { GatewayHarness } from '../gateway-harness.contract.js';
import { NO_FLEET } from '../overview/get-stats.js';
import { agentView, poolFacts } from '../prices/market.contract.js';
import { savingsPeriod } from '../savings/ledger.contract.js';

const NOW = '2026-11-21T12:00:00.000Z';
const LATELY = '2026-11-21T10:00:00.000Z';
const LONG_AGO = '2026-11-19T10:00:00.000Z';

let gateway: GatewayHarness;
let acme: { id: string; token: string };
let stopSavings: () => Promise<void>;

function job(jobId: string, more: Partial<ConsolidationJobView> = {}): ConsolidationJobView {
  return {
    ...{
      jobId,
      type: 'reconcile',
      status: 'completed',
      startedAt: LATELY,
      completedAt: NOW,
      durationMs: 1_500,
    },
    ...{ progress: 1, rowsRead: 100, duplicatesRemoved: 3, gapsFilled: 2, backfillsAdded: 1, rowsChanged: 4 },
    error: null,
    ...more,
  };
}

function incident(incidentId: string, urgency: IncidentView['urgency'], firstSignalAt: string): IncidentView {
  return {
    ...{ incidentId, agentId: 'w', clientId: 'c', ec2InstanceId: 'i-0abc1234', state: 'survived', urgency },
    ...{
      firstSignalAt,
      deadlineAt: null,
      signalCount: 1,
      risk: null,
      switchId: null,
      failoverMs: 1,
      closedAt: null,
    },
  };
}

function switchOf(switchId: string, startedAt: string, downtimeMs: number): SwitchView {
  return {
    ...{
      switchId,
      agentId: 'w',
      clientId: 'c',
      trigger: 'model',
      reason: '',
      status: 'finished',
      step: 'finish',
    },
    ...{ fromMode: 'ondemand', fromPoolId: 't3.medium.us-east-1a', fromEc2InstanceId: null, toMode: null },
    ...{ toPoolId: null, toEc2InstanceId: null, startedAt, finishedAt: startedAt, downtimeMs },
    ...{ newUsdPerHour: null, savingsUsdPerHour: null },
  };
}

beforeAll(async () => {
  gateway = await GatewayHarness.start({ clock: new ManualClock(new Date(NOW)) });
  acme = await gateway.createClient('acme');
  await gateway.answer(FleetSummary, () => ({ ...NO_FLEET, agentsTotal: 4, agentsOnline: 3 }));
  await gateway.answer(ListAgents, () => ({
    agents: [
      agentView(acme.id),
      agentView(acme.id, { agentId: 'w2', instanceType: 'c5.large', ec2InstanceId: null }),
    ],
  }));
  await gateway.answer(ListSwitches, () => ({
    switches: [
      switchOf('s3', LATELY, 1_000),
      switchOf('s2', LATELY, 3_000),
      switchOf('s1', LONG_AGO, 99_000),
    ],
    total: 3,
  }));
  await gateway.answer(ListIncidents, () => ({
    incidents: [
      incident('i3', 'warn', LATELY),
      incident('i2', 'terminate', LATELY),
      incident('i1', 'warn', LONG_AGO),
    ],
    total: 3,
  }));
  const rate = { count: 2, instanceHours: 96, perInstanceDay: 0.5 };
  await gateway.answer(PoolCatalogue, () => ({
    pools: [
      poolFacts('t3.medium.us-east-1a', 0.02),
      poolFacts('t3.medium.us-east-1b', 0.01, {
        interruptions: { h24: { ...rate, count: 1 }, d7: rate, d30: rate },
      }),
      poolFacts('m5.large.eu-west-1a', null),
    ],
  }));
  await gateway.answer(ConsolidationJobs, ({ days = 0 }) => ({
    jobs: [
      job('j2', { error: `of ${String(days)} days`, status: 'failed', startedAt: NOW }),
      job('j1', { type: 'gaps' }),
    ],
  }));
  await gateway.answer(StartReconcile, () => ({ jobId: 'j3' }));
  stopSavings = await gateway.answer(SavingsReport, () => ({
    periods: [],
    total: savingsPeriod('2026-11'),
    projection: null,
    trend: 'unknown' as const,
  }));
});

afterAll(() => gateway.stop());

describe('operations', () => {
  it.each(['/api/admin/pools/statistics', '/api/admin/pool-statistics'])(
    'counts pools at %s',
    async (path) => {
      const { body } = await gateway.call('GET', path);
      expect(body).toMatchObject({
        overall: { totalInstances: 1, totalRegions: 2, totalZones: 3, totalTypes: 2, totalPools: 3 },
        byRegion: [
          { region: 'eu-west-1', pools: 1, instances: 0, averageSpotPrice: null },
          { region: 'us-east-1', pools: 2, instances: 1, averageSpotPrice: 0.015 },
        ],
        byInstanceType: [{ instanceType: 'm5.large' }, { instanceType: 't3.medium', pools: 2, instances: 1 }],
        interruptions: [
          { poolId: 't3.medium.us-east-1b', last24Hours: 1, last30Days: 2, perInstanceDay: 0.5 },
        ],
      });
    },
  );

  it('lists jobs and starts one', async () => {
    const { body } = await gateway.call('GET', '/api/admin/consolidation-jobs?days=3');
    expect(body).toMatchObject({
      total: 2,
      jobs: [
        { id: 'j2', job_type: 'pricing_12h', status: 'failed', error_message: 'of 3 days' },
        {
          id: 'j1',
          job_type: 'pricing_gaps',
          records_processed: 100,
          gaps_interpolated: 2,
          duration_seconds: 1.5,
        },
      ],
    });
    const started = await gateway.call('POST', '/api/admin/consolidation-jobs');
    expect(started).toMatchObject({ status: 202, body: { success: true, id: 'j3' } });
    const wrong = await gateway.call('GET', '/api/admin/consolidation-jobs?days=91');
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ field: 'days' }] } });
  });

  it('is the administrator’s alone', async () => {
    for (const path of ['pools/statistics', 'metrics/operational', 'consolidation-jobs']) {
      expect((await gateway.call('GET', `/api/admin/${path}`, { token: acme.token })).status).toBe(403);
    }
  });

  it('shows how the system does, and who did not answer', async () => {
    const path = '/api/admin/metrics/operational';
    const figures = {
      agent_uptime: { total_agents: 4, online_agents: 3, uptime_percentage: 75 },
      switch_downtime: { avg: 2, stddev: 1, p95: 3, switches: 2 },
      emergency_stats: { total: 2, rebalance: 1, termination: 1 },
      data_cleaner: {
        ...{ jobs: 2, failed_jobs: 1, duplicates_removed: 6, gaps_interpolated: 4, backfills_added: 2 },
        last_run_at: NOW,
      },
    };
    expect((await gateway.call('GET', path)).body).toEqual({
      ...figures,
      savings: { total_savings: 6, baseline_cost: 10, actual_cost: 4, savings_percentage: 60 },
      partial: false,
      missing: [],
    });
    await stopSavings();
    expect((await gateway.call('GET', path)).body).toMatchObject({
      ...figures,
      savings: { total_savings: 0, savings_percentage: null },
      partial: true,
      missing: ['savings'],
    });
  });
});
