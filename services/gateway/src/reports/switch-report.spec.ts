import { describe, expect, it } from '@jest/globals';
import type { ResolvedAgent } from '@spotopt/contracts';
import { SwitchReportRoute } from '@spotopt/contracts/http';
import { normaliseSwitchReport } from './switch-report.js';

const AGENT: ResolvedAgent = {
  agentKey: 'key-1',
  agentId: 'workload-1',
  clientId: 'client-1',
  logicalAgentId: 'web',
  ec2InstanceId: 'i-0old11111',
  role: 'PRIMARY',
  enabled: true,
  epoch: 1,
  commandTypes: ['switch'],
};

const INSTANCES = {
  old_instance: { instance_id: 'i-0old11111', mode: 'ondemand', az: null, pool_id: null, ami_id: 'ami-1' },
  new_instance: { instance_id: 'i-0new22222', mode: 'spot', pool_id: 't3.medium.us-east-1b' },
};

function normalise(body: unknown): ReturnType<typeof normaliseSwitchReport> {
  const receivedAt = '2026-11-21T12:00:00.000Z';
  return normaliseSwitchReport({
    reportId: 'r',
    agent: AGENT,
    body: SwitchReportRoute.body.parse(body),
    receivedAt,
  });
}

describe('normaliseSwitchReport', () => {
  it('reads what the deployed agents send', () => {
    const report = normalise({
      ...INSTANCES,
      snapshot: { used: false, ami_id: null },
      prices: { on_demand: 0.0416, new_spot: 0.0125, old_spot: null },
      timing: {
        switch_initiated_at: '2026-11-21T11:50:00.000001',
        ami_created_at: null,
        new_instance_launched_at: '2026-11-21T11:51:00',
        new_instance_ready_at: '2026-11-21T11:53:00Z',
        traffic_switched_at: '2026-11-21T11:54:00+00:00',
        old_instance_terminated_at: null,
      },
      trigger: 'manual',
    });
    expect(report).toMatchObject({
      old: { ec2InstanceId: 'i-0old11111', mode: 'ondemand', poolId: null, amiId: 'ami-1' },
      new: { ec2InstanceId: 'i-0new22222', mode: 'spot', poolId: 't3.medium.us-east-1b' },
      onDemandUsdPerHour: 0.0416,
      oldSpotUsdPerHour: null,
      newSpotUsdPerHour: 0.0125,
      initiatedAt: '2026-11-21T11:50:00.000Z',
      imageCreatedAt: null,
      launchedAt: '2026-11-21T11:51:00.000Z',
      readyAt: '2026-11-21T11:53:00.000Z',
      trafficSwitchedAt: '2026-11-21T11:54:00.000Z',
      oldTerminatedAt: null,
    });
  });

  it('reads the vocabulary of the documents', () => {
    const report = normalise({
      ...INSTANCES,
      pricing: { on_demand: 0.0416, old_spot: 0.02, new_spot: 0 },
      timing: {
        initiated_at: '2026-11-21T11:50:00Z',
        ami_created_at: '2026-11-21T11:50:30Z',
        instance_launched_at: '2026-11-21T11:51:00Z',
        instance_ready_at: '2026-11-21T11:53:00Z',
        old_terminated_at: '2026-11-21T11:59:00Z',
      },
    });
    expect(report).toMatchObject({
      oldSpotUsdPerHour: 0.02,
      newSpotUsdPerHour: null,
      initiatedAt: '2026-11-21T11:50:00.000Z',
      imageCreatedAt: '2026-11-21T11:50:30.000Z',
      launchedAt: '2026-11-21T11:51:00.000Z',
      readyAt: '2026-11-21T11:53:00.000Z',
      oldTerminatedAt: '2026-11-21T11:59:00.000Z',
    });
  });

  it('names the field that is missing', () => {
    const parsed = SwitchReportRoute.body.safeParse({ old_instance: INSTANCES.old_instance });
    expect(parsed.error?.issues[0]?.path).toEqual(['new_instance']);
  });
});
