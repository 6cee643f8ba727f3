import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AdoptReplica,
  InstancesToTerminate,
  ListReplicas,
  PromoteReplica,
  ReportTermination,
  RequestReplica,
  TerminateReplica,
  UpdateReplica,
} from '@spotopt/contracts';
import type { ReplicaView } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { GatewayHarness } from '../gateway-harness.contract.js';
import type { HttpAnswer } from '../gateway-harness.contract.js';

let gateway: GatewayHarness;
let client: { id: string; token: string };
const asked: { rpc: string; request: Record<string, unknown> }[] = [];
let listed: ReplicaView[] = [];

const REPLICA: ReplicaView = {
  replicaId: 'replica-1',
  agentId: 'workload-of-key-1',
  ec2InstanceId: 'i-0rep1234',
  replicaType: 'manual',
  status: 'launching',
  syncStatus: 'initializing',
  syncLatencyMs: null,
  stateTransferProgress: 0,
  poolId: 't3.medium.us-east-1b',
  instanceType: 't3.medium',
  region: 'us-east-1',
  az: 'us-east-1b',
  mode: 'spot',
  createdBy: 'admin',
  createdAt: '2026-11-21T12:00:00.000Z',
  launchedAt: null,
  readyAt: null,
  promotedAt: null,
  terminatedAt: null,
  terminationConfirmed: false,
};

beforeAll(async () => {
  gateway = await GatewayHarness.start();
  client = await gateway.createClient('acme');
  const note = (rpc: string, request: object): void => {
    asked.push({ rpc, request: request as Record<string, unknown> });
  };
  await gateway.answer(ListReplicas, (request) => {
    note('list', request);
    return { replicas: listed };
  });
  await gateway.answer(AdoptReplica, (request) => {
    note('adopt', request);
    return { replica: REPLICA, created: request.ec2InstanceId !== 'i-0known11' };
  });
  await gateway.answer(RequestReplica, (request) => {
    note('request', request);
    if (request.replicaType !== 'manual') throw AppError.permanent('replica-already-exists', 'there is one');
    return { replica: { ...REPLICA, ec2InstanceId: null }, created: true };
  });
  await gateway.answer(UpdateReplica, (request) => {
    note('update', request);
    if (request.replicaId !== 'replica-1') throw AppError.permanent('replica-not-found', 'replica not found');
    return { replica: REPLICA };
  });
  await gateway.answer(PromoteReplica, (request) => {
    note('promote', request);
    return { switchId: 'switch-1', newEc2InstanceId: 'i-0rep1234', oldEc2InstanceId: 'i-0old1234' };
  });
  await gateway.answer(TerminateReplica, () => ({ replica: { ...REPLICA, status: 'terminated' as const } }));
  await gateway.answer(InstancesToTerminate, () => ({
    autoTerminateEnabled: true,
    terminateWaitSeconds: 300,
    instances: [
      {
        ec2InstanceId: 'i-0old1234',
        instanceType: 't3.medium',
        az: 'us-east-1a',
        reason: 'zombie_timeout' as const,
        secondsWaiting: 301,
      },
    ],
  }));
  await gateway.answer(ReportTermination, ({ ec2InstanceId }) => ({
    accepted: ec2InstanceId === 'i-0old1234',
  }));
});

beforeEach(() => {
  asked.length = 0;
  listed = [REPLICA];
});

afterAll(async () => {
  await gateway.stop();
});

async function call(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
  return gateway.call(method, `/api/agents/key-1/${path}`, {
    token: client.token,
    ...(body === undefined ? {} : { body }),
  });
}

describe('standbys', () => {
  it('are listed with everything that agents need to launch one', async () => {
    const { body } = await call('GET', 'replicas?status=launching');
    expect(body).toMatchObject({
      total: 1,
      replicas: [
        {
          id: 'replica-1',
          instance_id: 'i-0rep1234',
          pool_id: 't3.medium.us-east-1b',
          az: 'us-east-1b',
          pool: { id: 't3.medium.us-east-1b', az: 'us-east-1b', instance_type: 't3.medium' },
          is_active: true,
          type: 'manual',
        },
      ],
    });
    expect(asked[0]?.request).toMatchObject({
      status: 'launching',
      includeTerminated: false,
      clientId: client.id,
    });
  });

  it('are listed as terminated only with a real instance whose end is unconfirmed', async () => {
    const terminated = { ...REPLICA, status: 'terminated' as const };
    listed = [
      terminated,
      { ...terminated, replicaId: 'r2', ec2InstanceId: null },
      { ...terminated, replicaId: 'r3', ec2InstanceId: 'emergency-123' },
      { ...terminated, replicaId: 'r4', terminationConfirmed: true },
    ];
    const { body } = await call('GET', 'replicas?status=terminated&include_terminated=true');
    expect((body['replicas'] as { id: string; is_active: boolean }[]).map(({ id }) => id)).toEqual([
      'replica-1',
    ]);
    expect((await call('GET', 'replicas?status=nonsense')).status).toBe(400);
  });

  it.each([
    [{ instance_id: 'i-0rep1234', replica_type: 'emergency', status: 'ready' }, 'adopt', 201],
    [{ instance_id: 'i-0known11', replica_type: 'manual', status: 'launching' }, 'adopt', 200],
    [{ instance_id: 'manual-123' }, 'request', 201],
    [{ target_pool_id: 't3.medium.us-east-1b', exclude_zones: ['us-east-1a'] }, 'request', 201],
    [{ pool_id: 'auto' }, 'request', 201],
    [{}, 'request', 201],
    [{ replica_type: 'automatic-rebalance' }, 'request', 409],
    [{ pool_id: 'pool_456' }, undefined, 400],
  ])('are made or taken in with %j', async (body, rpc, status) => {
    const answer = await call('POST', 'replicas', body);
    expect(answer.status).toBe(status);
    expect(asked[0]?.rpc).toBe(rpc);
    if (status < 300) expect(answer.body).toMatchObject({ success: true, replica_id: 'replica-1' });
  });

  it('an agent reports what became of one', async () => {
    expect((await call('PUT', 'replicas/replica-1', { instance_id: 'i-0rep1234' })).status).toBe(200);
    expect(asked.at(-1)?.request).toMatchObject({ ec2InstanceId: 'i-0rep1234', status: 'syncing' });
    expect((await call('PUT', 'replicas/replica-1', { instance_id: 'manual-1' })).status).toBe(400);
    await call('POST', 'replicas/replica-1/status', { status: 'ready' });
    expect(asked.at(-1)?.request).toMatchObject({ status: 'ready', ec2InstanceId: null });
    await call('POST', 'replicas/replica-1/status', { status: 'ready', is_active: false });
    expect(asked.at(-1)?.request).toMatchObject({ status: 'terminated' });
    expect((await call('POST', 'replicas/replica-1/status', { status: 'great' })).status).toBe(400);
    expect((await call('POST', 'replicas/none/status', { status: 'ready' })).status).toBe(404);
  });

  it.each([
    [
      { sync_status: 'synced', lag_seconds: 0.5 },
      { syncStatus: 'synced', syncLatencyMs: 500, stateTransferProgress: 100 },
    ],
    [
      { sync_status: 'out_of_sync', sync_latency_ms: 20, state_transfer_progress: 40 },
      { syncStatus: 'out-of-sync', syncLatencyMs: 20, stateTransferProgress: 40 },
    ],
    [{ status: 'ready' }, { status: 'ready', syncStatus: null, stateTransferProgress: null }],
  ])('synchronise with %j', async (body, expected) => {
    expect((await call('POST', 'replicas/replica-1/sync-status', body)).status).toBe(200);
    expect(asked[0]?.request).toMatchObject(expected);
  });

  it('are promoted with and without a body', async () => {
    const empty = await gateway.call('POST', '/api/agents/key-1/replicas/replica-1/promote', {
      token: client.token,
      rawBody: '',
    });
    expect(empty).toMatchObject({
      status: 200,
      body: {
        promoted: true,
        new_instance_id: 'i-0rep1234',
        old_instance_id: 'i-0old1234',
        switch_id: 'switch-1',
      },
    });
    const none = await call('POST', 'replicas/replica-1/promote');
    expect(none.status).toBe(200);
    await call('POST', 'replicas/replica-1/promote', { demote_old_primary: true });
    expect(asked.at(-1)?.request).toMatchObject({
      demoteOldPrimary: true,
      requestedBy: `client:${client.id}`,
    });
  });

  it('are read and given up', async () => {
    expect((await call('GET', 'replicas/replica-1')).body).toMatchObject({ instance_id: 'i-0rep1234' });
    expect((await call('GET', 'replicas/none')).status).toBe(404);
    expect((await call('DELETE', 'replicas/replica-1')).body).toMatchObject({ replica_terminated: true });
  });
});

describe('instances to terminate', () => {
  it('are handed out and reported', async () => {
    expect((await call('GET', 'instances-to-terminate')).body).toEqual({
      auto_terminate_enabled: true,
      terminate_wait_seconds: 300,
      instances: [
        {
          instance_id: 'i-0old1234',
          instance_type: 't3.medium',
          az: 'us-east-1a',
          reason: 'zombie_timeout',
          seconds_waiting: 301,
          seconds_since_marked: 301,
        },
      ],
    });
    const own = await call('POST', 'termination-report', {
      instance_id: 'i-0old1234',
      success: true,
      error: null,
    });
    expect(own.status).toBe(200);
    const foreign = await call('POST', 'termination-report', { instance_id: 'i-0foreign', success: true });
    expect(foreign.status).toBe(404);
    expect((await call('POST', 'termination-report', { success: true })).body['error']).toContain(
      'instance_id',
    );
  });
});
