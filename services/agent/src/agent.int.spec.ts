import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SystemClock } from '@spotopt/kernel';
import { recordingLogger, waitFor } from '@spotopt/testkit';
import { startAgent } from './agent.js';
import type { RunningAgent } from './agent.js';
import type { AgentDeps } from './agent-deps.js';
import { FakeGateway, notFound, unavailable } from './gateway/gateway.fake.js';
import { MemoryStateStore } from './state/memory-state.store.js';
import { SimulatedCloud } from './testing/simulated-cloud.contract.js';
import { FakeWorkload } from './workload/workload.fake.js';

let cloud: SimulatedCloud;
let gateway: FakeGateway;
let workload: FakeWorkload;
let stateStore: MemoryStateStore;
const agents: RunningAgent[] = [];

beforeAll(async () => {
  cloud = await SimulatedCloud.start();
});

afterAll(async () => {
  await cloud.stop();
});

beforeEach(() => {
  gateway = new FakeGateway();
  workload = new FakeWorkload();
  stateStore = new MemoryStateStore();
});

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.kill()));
});

function start(ec2InstanceId: string, changes: Partial<AgentDeps> = {}): RunningAgent {
  const agent = startAgent({
    clock: new SystemClock(),
    random: () => 0,
    logger: recordingLogger(),
    gateway,
    metadata: cloud.metadataOf(ec2InstanceId),
    instances: cloud.instances,
    spotMarket: cloud.spotMarket,
    createWorkload: () => workload,
    stateStore,
    agentVersion: '5.0.0',
    intervals: {
      heartbeatMs: 40,
      configMs: 40,
      metadataMs: 40,
      pricesMs: 200,
      commandsMs: 30,
      resultsMs: 30,
      cleanupMs: 40,
    },
    ...changes,
  });
  agents.push(agent);
  return agent;
}

function order(commandId: string, more: Record<string, unknown>): Record<string, unknown> {
  return {
    id: commandId,
    epoch: 1,
    deadline_at: new Date(new SystemClock().nowMs() + 60_000).toISOString(),
    ...more,
  };
}

const outcomeOf = (commandId: string) =>
  waitFor(() => gateway.outcomes.get(commandId)?.[0], { what: `the outcome of ${commandId}` });

describe('an agent on a primary instance', () => {
  it('registers, starts the workload, sends heartbeats and prices', async () => {
    const ec2InstanceId = await cloud.launchRunning();
    const agent = start(ec2InstanceId);
    await agent.ready;
    expect(gateway.registrations[0]).toMatchObject({
      ec2InstanceId,
      logicalAgentId: 'web',
      instanceType: 't3.medium',
      az: 'us-east-1a',
      mode: 'spot',
      commandTypes: expect.arrayContaining(['switch', 'create_replica', 'quiesce', 'promote']),
    });
    expect(workload.calls).toEqual(['start 1']);
    await waitFor(() => gateway.heartbeats.length >= 3 && gateway.prices.length > 0, { what: 'reports' });
    expect(gateway.heartbeats[0]).toMatchObject({ status: 'online', ec2InstanceId, epoch: 1, serving: true });
    expect(gateway.prices[0]).toMatchObject({ ec2InstanceId, instanceType: 't3.medium', mode: 'spot' });
    expect(gateway.prices[0]?.pools.map((pool) => pool.az).sort()).toEqual([
      'us-east-1a',
      'us-east-1b',
      'us-east-1c',
    ]);
    await agent.stop();
    expect(gateway.heartbeats.at(-1)).toMatchObject({ status: 'offline', ec2InstanceId: null });
    expect(workload.isServing()).toBe(true);
  });

  it('launches a standby like itself, once, and says which machine it is', async () => {
    const ec2InstanceId = await cloud.launchRunning();
    await start(ec2InstanceId).ready;
    const before = cloud.simulator.region.instances.all().length;
    cloud.simulator.region.faults.add({ kind: 'fail-after', operation: 'RunInstances', times: 1 });
    gateway.failNext('assignReplica', unavailable());
    gateway.commands = [
      order('c1', {
        command_type: 'create_replica',
        replica_id: 'replica-1',
        target_mode: 'spot',
        target_pool_id: 'm5.large.us-east-1b',
      }),
    ];
    const outcome = await outcomeOf('c1');
    expect(outcome).toMatchObject({ success: true, result: { replicaId: 'replica-1' } });
    const newId = gateway.assigned.get('replica-1') ?? '';
    expect(outcome.result['newInstanceId']).toBe(newId);
    expect(cloud.simulator.region.instances.all()).toHaveLength(before + 1);
    const [launched] = await cloud.instances.describe({ ids: [newId] });
    expect(launched).toMatchObject({
      instanceType: 'm5.large',
      az: 'us-east-1b',
      market: 'spot',
      imageId: 'ami-0123456789abcdef0',
      tags: {
        'spotopt:managed': 'true',
        'spotopt:logical-agent-id': 'web',
        'spotopt:client-id': 'client-1',
        'spotopt:replica-id': 'replica-1',
      },
    });
    expect(launched?.iamInstanceProfileArn).toContain('agent-profile');
    for (const again of gateway.outcomes.get('c1') ?? []) expect(again).toEqual(outcome);
  });

  it('tells that a pool has no room', async () => {
    await start(await cloud.launchRunning()).ready;
    cloud.simulator.region.setCapacity('m5.large.us-east-1c', 0);
    gateway.commands = [
      order('c1', {
        command_type: 'create_replica',
        replica_id: 'replica-2',
        target_mode: 'spot',
        target_pool_id: 'm5.large.us-east-1c',
      }),
    ];
    await expect(outcomeOf('c1')).resolves.toMatchObject({
      success: false,
      result: { code: 'capacity-insufficient' },
    });
    cloud.simulator.region.setCapacity('m5.large.us-east-1c', 'unlimited');
  });

  it('falls silent for a switch, and goes on when it is rolled back', async () => {
    await start(await cloud.launchRunning()).ready;
    gateway.commands = [order('c1', { command_type: 'quiesce', switch_id: 's1' })];
    const { result } = await outcomeOf('c1');
    expect(result['servedUntil']).toMatch(/Z$/);
    expect(workload.isServing()).toBe(false);
    gateway.commands = [order('c2', { command_type: 'resume', switch_id: 's1' })];
    await expect(outcomeOf('c2')).resolves.toMatchObject({ success: true });
    expect(workload.isServing()).toBe(true);
    gateway.commands = [order('c0', { command_type: 'quiesce', switch_id: 's0', epoch: 0 })];
    await expect(outcomeOf('c0')).resolves.toMatchObject({ success: false, result: { code: 'epoch-stale' } });
    expect(workload.isServing()).toBe(true);
  });

  it('stops serving when the control plane says that it is not the primary any more', async () => {
    await start(await cloud.launchRunning()).ready;
    gateway.standing = { enabled: false, role: 'ZOMBIE', epoch: 2 };
    await waitFor(() => !workload.isServing(), { what: 'the workload to stop' });
  });

  it('ends another machine, but not the one that serves', async () => {
    const own = await cloud.launchRunning();
    const other = await cloud.launchRunning();
    await start(own).ready;
    gateway.commands = [
      order('c1', { command_type: 'terminate_instance', instance_id: other }),
      order('c2', { command_type: 'terminate_instance', instance_id: own }),
    ];
    await expect(outcomeOf('c1')).resolves.toMatchObject({ success: true });
    await expect(outcomeOf('c2')).resolves.toMatchObject({
      success: false,
      result: { code: 'instance-serving' },
    });
    await cloud.untilState(other, 'terminated');
    expect(gateway.terminations[0]).toMatchObject({ ec2InstanceId: other, success: true });
  });

  it('ends leftovers that no command named', async () => {
    const leftover = await cloud.launchRunning();
    gateway.leftovers = [{ ec2InstanceId: leftover, reason: 'zombie_timeout' }];
    await start(await cloud.launchRunning()).ready;
    await cloud.untilState(leftover, 'terminated');
  });

  it('carries out a whole switch by itself, as version 4 does', async () => {
    const own = await cloud.launchRunning();
    await start(own).ready;
    gateway.commands = [
      {
        id: 'whole-switch',
        target_mode: 'ondemand',
        target_pool_id: 't3.medium.us-east-1c',
        priority: 75,
        terminate_wait_seconds: 1,
      },
    ];
    const { success, result } = await outcomeOf('whole-switch');
    expect(success).toBe(true);
    const newId = String(result['new_instance_id']);
    expect(gateway.switches[0]).toMatchObject({
      old: { ec2InstanceId: own, mode: 'spot' },
      new: { ec2InstanceId: newId, az: 'us-east-1c', mode: 'ondemand' },
      trigger: 'manual',
    });
    expect(workload.isServing()).toBe(false);
    await cloud.untilState(own, 'terminated');
  });

  it('serves again and gives the new machine back when the switch is refused', async () => {
    await start(await cloud.launchRunning()).ready;
    gateway.failNext('reportSwitch', notFound());
    gateway.commands = [{ id: 'refused-switch', target_mode: 'spot', target_pool_id: 'm5.large.us-east-1a' }];
    await expect(outcomeOf('refused-switch')).resolves.toMatchObject({ success: false });
    expect(workload.isServing()).toBe(true);
    const [made] = await cloud.instances.describe({ tags: { 'spotopt:command-id': 'refused-switch' } });
    await cloud.untilState(made?.ec2InstanceId ?? '', 'terminated');
  });

  it('reports a notice and a recommendation that its own metadata show', async () => {
    const ec2InstanceId = await cloud.launchRunning();
    await start(ec2InstanceId).ready;
    cloud.simulator.region.interrupt(ec2InstanceId, { rebalanceFirst: true, rebalanceLeadMs: 0 });
    await waitFor(() => gateway.interruptions.length === 2, { what: 'both signals' });
    expect(gateway.interruptions.map((report) => report.signal).sort()).toEqual([
      'rebalance-recommendation',
      'termination-notice',
    ]);
  });

  it('answers unreadable commands, so that they do not block the mailbox', async () => {
    await start(await cloud.launchRunning()).ready;
    gateway.commands = [{ id: 'odd', command_type: 'dance' }];
    await expect(outcomeOf('odd')).resolves.toMatchObject({
      success: false,
      result: { code: 'command-unreadable' },
    });
  });
});

describe('an agent on a standby', () => {
  it('gets ready, waits, and serves when promoted; the next heartbeat confirms the epoch', async () => {
    gateway.standing = { enabled: false, role: 'REPLICA', epoch: 1 };
    const tags = { 'spotopt:logical-agent-id': 'web', 'spotopt:replica-id': 'replica-9' };
    const agent = start(await cloud.launchRunning({ tags }));
    await agent.ready;
    await waitFor(() => gateway.replicaStatuses.some((report) => report.status === 'ready'), {
      what: 'ready',
    });
    expect(gateway.replicaStatuses.map((report) => report.status)).toEqual(['syncing', 'ready']);
    expect(gateway.syncs.at(-1)).toBe(100);
    expect(workload.isServing()).toBe(false);
    expect(gateway.heartbeats.at(-1)).toMatchObject({ status: 'online', serving: false, epoch: 1 });

    gateway.standing = { enabled: true, role: 'PRIMARY', epoch: 2 };
    const promote = order('c1', { command_type: 'promote', switch_id: 's1', epoch: 2 });
    gateway.commands = [promote];
    const { success, result } = await outcomeOf('c1');
    expect(success).toBe(true);
    expect(result['servingSince']).toMatch(/Z$/);
    await waitFor(() => gateway.heartbeats.some((beat) => beat.epoch === 2 && beat.serving), {
      what: 'epoch 2',
    });
    await waitFor(() => agent.snapshot()?.role === 'PRIMARY', { what: 'the role' });
    expect(agent.snapshot()).toMatchObject({ epoch: 2, serving: true });
    expect(workload.calls).toEqual(['warm-up', 'start 2']);
  });

  it('says that it cannot be prepared', async () => {
    gateway.standing = { enabled: false, role: 'REPLICA', epoch: 1 };
    workload.failNext = true;
    const tags = { 'spotopt:replica-id': 'replica-10' };
    await start(await cloud.launchRunning({ tags })).ready;
    await waitFor(() => gateway.replicaStatuses.some((report) => report.status === 'failed'), {
      what: 'failed',
    });
  });
});

describe('an agent in trouble', () => {
  it('registers when the control plane comes back, and again when it is forgotten', async () => {
    gateway.failNext('register', unavailable());
    const agent = start(await cloud.launchRunning());
    await agent.ready;
    expect(gateway.registrations).toHaveLength(1);
    gateway.agentKey = 'key-2';
    gateway.failNext('heartbeat', notFound());
    await waitFor(() => gateway.registrations.length === 2, { what: 'the second registration' });
    await waitFor(() => agent.snapshot()?.agentKey === 'key-2', { what: 'the new key' });
  });

  it('delivers outcomes after a restart', async () => {
    const ec2InstanceId = await cloud.launchRunning();
    const first = start(ec2InstanceId);
    await first.ready;
    gateway.failNext('reportCommand', ...Array.from({ length: 50 }, unavailable));
    gateway.commands = [order('c1', { command_type: 'quiesce', switch_id: 's1' })];
    await waitFor(() => workload.calls.includes('stop'), { what: 'the execution' });
    gateway.commands = [];
    await first.kill();
    const silent = new FakeWorkload();
    gateway = new FakeGateway();
    await start(ec2InstanceId, { createWorkload: () => silent, gateway }).ready;
    await expect(outcomeOf('c1')).resolves.toMatchObject({ success: true });
    expect(silent.calls).toEqual([]);
  });

  it('can be stopped before the metadata service answers', async () => {
    const agent = start('i-0000000000000dead');
    await agent.stop();
    expect(agent.snapshot()).toBeUndefined();
    expect(gateway.heartbeats).toEqual([]);
  });
});
