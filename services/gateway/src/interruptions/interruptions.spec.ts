import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InterruptionReportedV1, ListIncidents, ListReplicas, ReportInterruption } from '@spotopt/contracts';
import type { RpcRequest, RpcResponse } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { waitFor } from '@spotopt/testkit';
import { GatewayHarness } from '../gateway-harness.contract.js';
import type { HttpAnswer } from '../gateway-harness.contract.js';

type Answer = RpcResponse<typeof ReportInterruption>;

let gateway: GatewayHarness;
let client: { id: string; token: string };
const reported: RpcRequest<typeof ReportInterruption>[] = [];
let respond: () => Answer;
let stopOwner: () => Promise<void>;

const INCIDENT: Answer['incident'] = {
  incidentId: 'incident-1',
  agentId: 'workload-of-key-1',
  clientId: 'client',
  ec2InstanceId: 'i-0abc1234',
  state: 'detected',
  urgency: 'terminate',
  firstSignalAt: '2026-11-21T12:00:00.000Z',
  deadlineAt: '2026-11-21T12:02:00.000Z',
  signalCount: 1,
  risk: 0.4,
  switchId: null,
  failoverMs: null,
  closedAt: null,
};
const NOTHING: Answer = { incident: INCIDENT, changed: true, standby: null, askAgentToLaunch: false };
const STANDBY = { replicaId: 'replica-1', ec2InstanceId: 'i-0new1234', ready: true };
const FAILOVER: Answer = {
  ...NOTHING,
  incident: { ...INCIDENT, state: 'handling', switchId: 'switch-1' },
  standby: STANDBY,
};

beforeAll(async () => {
  gateway = await GatewayHarness.start();
  client = await gateway.createClient('acme');
  gateway.addAgent(client.id, 'key-1');
  stopOwner = await gateway.answer(ReportInterruption, (request) => {
    reported.push(request);
    return respond();
  });
});

beforeEach(() => {
  reported.length = 0;
  respond = () => NOTHING;
});

afterAll(async () => {
  await gateway.stop();
});

async function signal(path: string, body?: unknown): Promise<HttpAnswer> {
  return gateway.call('POST', `/api/agents/key-1/${path}`, {
    token: client.token,
    ...(body === undefined ? { rawBody: '' } : { body }),
  });
}

describe('interruption signals', () => {
  it.each([
    ['rebalance-recommendation', { instance_id: 'i-0abc1234' }, 'rebalance-recommendation', null],
    ['rebalance-notice', { notice_time: '2026-11-21T12:00:00' }, 'rebalance-recommendation', null],
    [
      'create-emergency-replica',
      { signal_type: 'rebalance-recommendation' },
      'rebalance-recommendation',
      null,
    ],
    [
      'create-emergency-replica',
      { signal_type: 'termination-notice', termination_time: '2026-11-21T12:02:00' },
      'termination-notice',
      '2026-11-21T12:02:00.000Z',
    ],
    [
      'termination-imminent',
      { termination_time: '2026-11-21T12:02:00Z' },
      'termination-notice',
      '2026-11-21T12:02:00.000Z',
    ],
    [
      'termination-imminent',
      { detected_at: '2026-11-21T12:00:00Z', time_until_termination_seconds: 120 },
      'termination-notice',
      '2026-11-21T12:02:00.000Z',
    ],
    [
      'termination-notice',
      { termination_time: '2026-11-21T12:02:00+00:00' },
      'termination-notice',
      '2026-11-21T12:02:00.000Z',
    ],
    ['termination', { signal_type: 'termination-notice' }, 'termination-notice', null],
    ['interruption', { signal_type: 'rebalance-recommendation' }, 'rebalance-recommendation', null],
    ['interruption-signal', { signal_type: 'instance-termination' }, 'termination-notice', null],
    ['interruption-signal', undefined, 'termination-notice', null],
  ])('%s with %j is the signal %s', async (path, body, name, deadlineAt) => {
    const { status } = await signal(path, body);
    expect(status).toBe(200);
    expect(reported).toEqual([
      expect.objectContaining({
        signal: name,
        deadlineAt,
        agentKey: 'key-1',
        clientId: client.id,
        ec2InstanceId: 'i-0abc1234',
        source: 'imds',
      }),
    ]);
  });

  it('carry the instance that saw them, which may be a standby', async () => {
    await signal('termination-imminent', { instance_id: 'i-0standby1' });
    expect(reported[0]?.ec2InstanceId).toBe('i-0standby1');
  });

  it('are answered in the words that agents read while a standby takes over', async () => {
    respond = () => FAILOVER;
    expect((await signal('termination-imminent', {})).body).toMatchObject({
      success: true,
      action: 'replica_promoted',
      create_emergency_replica: false,
      failover_initiated: true,
      new_instance_id: 'i-0new1234',
      new_primary_instance_id: 'i-0new1234',
      error: null,
    });
    expect((await signal('create-emergency-replica', {})).body).toMatchObject({
      success: true,
      replica_id: 'replica-1',
      replica_instance_id: 'i-0new1234',
    });
    expect((await signal('rebalance-recommendation', {})).body).toMatchObject({ action: 'switch' });
  });

  it('do not make an agent stop itself while nothing is ready', async () => {
    respond = () => ({ ...FAILOVER, standby: { ...STANDBY, ready: false } });
    expect((await signal('termination-imminent', {})).body).toMatchObject({
      success: false,
      new_instance_id: null,
    });
    respond = () => ({ ...NOTHING, askAgentToLaunch: true });
    expect((await signal('termination-imminent', {})).body).toMatchObject({
      success: false,
      create_emergency_replica: true,
      error: expect.any(String),
    });
    expect((await signal('rebalance-recommendation', {})).body).toMatchObject({
      success: true,
      action: 'monitor',
    });
    expect((await signal('create-emergency-replica', {})).body).toMatchObject({
      success: false,
      replica_id: null,
    });
  });

  it('that say that the instance is gone start nothing', async () => {
    const { status, body } = await signal('termination', { reason: 'over' });
    expect({ status, success: body['success'] }).toEqual({ status: 200, success: true });
    expect(reported).toEqual([]);
  });

  it('are answered with 200 and kept when their owner fails', async () => {
    respond = () => {
      throw AppError.transient('database-unavailable', 'away');
    };
    const failed = await signal('termination-imminent', { termination_time: '2026-11-21T12:02:00Z' });
    expect(failed).toMatchObject({ status: 200, body: { success: false, create_emergency_replica: false } });
    await waitFor(() => gateway.dataOf(InterruptionReportedV1).length === 1, { what: 'the event' });
    expect(gateway.dataOf(InterruptionReportedV1)[0]).toMatchObject({
      agentKey: 'key-1',
      signal: 'termination-notice',
      deadlineAt: '2026-11-21T12:02:00.000Z',
    });
  });

  it('are answered with 200 and kept when their owner is away, and even the broker', async () => {
    await stopOwner();
    const away = await signal('termination-imminent', {});
    expect(away).toMatchObject({ status: 200, body: { success: false } });
    await waitFor(() => gateway.dataOf(InterruptionReportedV1).length === 2, { what: 'the event' });
    gateway.broker.stop();
    const alone = await signal('termination-imminent', {});
    gateway.broker.start();
    expect(alone).toMatchObject({ status: 200, body: { success: false } });
    await waitFor(() => gateway.dataOf(InterruptionReportedV1).length === 3, {
      what: 'the event from the outbox',
    });
  });
});

describe('emergency status', () => {
  it('is the union of what was documented', async () => {
    await gateway.answer(ListIncidents, () => ({ incidents: [FAILOVER.incident], total: 1 }));
    await gateway.answer(ListReplicas, () => ({ replicas: [] }));
    const { body } = await gateway.call('GET', '/api/agents/key-1/emergency-status', { token: client.token });
    expect(body).toMatchObject({
      notice_status: 'termination',
      notice_received_at: INCIDENT.firstSignalAt,
      notice_deadline: INCIDENT.deadlineAt,
      emergency_replica: null,
      emergency_mode_active: true,
      rebalance_only_mode: false,
      emergency_replicas_count: 0,
      last_emergency_event: { type: 'termination', outcome: 'handling' },
    });
  });
});
