import { expect, test } from '@jest/globals';
import {
  AllocateAddressCommand,
  DescribeInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { failureOf, startRegion, type Setup } from '../running-simulator.contract.js';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function control({ simulator }: Setup, request: string, body?: unknown): Promise<Answer> {
  const [method = 'GET', path = ''] = request.split(' ');
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await fetch(`${simulator.endpoint}${path}`, { method, ...content });
  return { status: answer.status, body: await answer.json() };
}

function workload(agent: string): Parameters<Setup['launch']>[0] {
  const Tags = [{ Key: 'spotopt:logical-agent-id', Value: agent }];
  return { TagSpecifications: [{ ResourceType: 'instance', Tags }] };
}

test('the state shows the clock, instances, pools and calls', async () => {
  const setup = await startRegion();
  const id = await setup.launchRunning(workload('agent-1'));
  await setup.ec2.send(new AllocateAddressCommand({}));
  await setup.clock.advance(3_600_000);
  const { body } = await control(setup, 'GET /_sim/state');
  expect(body).toMatchObject({
    region: 'us-east-1',
    clock: { now: '2026-03-01T13:00:40.000Z' },
    instances: [{ id, state: 'running', pool: 't3.medium.us-east-1a', workload: 'agent-1', serving: null }],
    calls: { AllocateAddress: 1, RunInstances: 1 },
  });
  expect(body).toMatchObject({
    pools: expect.arrayContaining([
      {
        id: 't3.medium.us-east-1a',
        instanceType: 't3.medium',
        zone: 'us-east-1a',
        spotUsdPerHour: 0.0201,
        spotPriceChangedAt: '2026-03-01T11:00:00.000Z',
        onDemandUsdPerHour: 0.0416,
        onDemandSource: 'listed',
        available: 'unlimited',
        onDemandAvailable: 'unlimited',
      },
    ]),
  });
  expect(setup.simulator.region.state().instances[0]?.costUsd).toBeCloseTo(0.0201, 10);
});

test('an interruption and a rebalance on request', async () => {
  const setup = await startRegion();
  const id = await setup.launchRunning();
  const rebalance = await control(setup, `POST /_sim/instances/${id}/interrupt`, { kind: 'rebalance' });
  expect(rebalance.body).toMatchObject({
    rebalanceNoticedAt: '2026-03-01T12:00:40.000Z',
    interruptionDeadlineAt: null,
  });
  const termination = await control(setup, `POST /_sim/instances/${id}/interrupt`, {
    kind: 'termination',
    noticeSeconds: 30,
  });
  expect(termination.body).toMatchObject({ interruptionDeadlineAt: '2026-03-01T12:01:10.000Z' });
  const unknown = await control(setup, 'POST /_sim/instances/i-1/interrupt', { kind: 'termination' });
  expect(unknown.status).toBe(404);
  const strange = await control(setup, `POST /_sim/instances/${id}/interrupt`, { kind: 'explode' });
  expect(strange.status).toBe(400);
});

test('capacity on request, with or without notice to those that run', async () => {
  const setup = await startRegion();
  const id = await setup.launchRunning();
  const set = (body: unknown): Promise<Answer> =>
    control(setup, 'POST /_sim/pools/t3.medium.us-east-1a/capacity', body);
  expect((await set({ available: 0 })).body).toMatchObject({ available: 0 });
  expect((await failureOf(setup.launch())).code).toBe('InsufficientInstanceCapacity');
  expect(setup.simulator.region.state().instances[0]?.interruptionDeadlineAt).toBeNull();
  await set({ available: false, interrupt: true });
  expect(setup.simulator.region.state().instances[0]).toMatchObject({
    id,
    interruptionDeadlineAt: expect.any(String),
  });
  expect((await set({ available: true })).body).toMatchObject({ available: 'unlimited' });
  expect((await control(setup, 'POST /_sim/pools/none/capacity', { available: 1 })).status).toBe(404);
});

test('the ledger of a switch: one serves, then nobody, then the other', async () => {
  const setup = await startRegion();
  const old = await setup.launchRunning(workload('agent-1'));
  const next = await setup.launchRunning(workload('agent-1'));
  const report = (id: string, serving: boolean, epoch: number): Promise<Answer> =>
    control(setup, `PUT /_sim/instances/${id}/workload`, { serving, epoch });
  const zeroMs = setup.clock.nowMs();
  await report(old, true, 1);
  await report(old, true, 1);
  await setup.clock.advance(60_000);
  await report(old, false, 1);
  await setup.clock.advance(1_500);
  await report(next, true, 2);
  await setup.clock.advance(10_000);
  const { body } = await control(setup, 'GET /_sim/workloads');
  expect(body).toEqual({
    workloads: [
      {
        workload: 'agent-1',
        serving: [{ instanceId: next, epoch: 2 }],
        intervals: [
          { instanceId: old, epoch: 1, fromMs: zeroMs, toMs: zeroMs + 60_000 },
          { instanceId: next, epoch: 2, fromMs: zeroMs + 61_500 },
        ],
        gaps: [{ fromMs: zeroMs + 60_000, toMs: zeroMs + 61_500 }],
        downtimeMs: 1_500,
        openGapMs: 0,
        overlaps: [],
        overlapMs: 0,
      },
    ],
  });
});

test('two at once are an overlap, and the end of an instance ends its serving', async () => {
  const setup = await startRegion();
  const old = await setup.launchRunning(workload('agent-1'));
  const next = await setup.launchRunning(workload('agent-1'));
  const report = (id: string, serving: boolean): Promise<Answer> =>
    control(setup, `PUT /_sim/instances/${id}/workload`, { serving, epoch: 1 });
  await report(old, true);
  await setup.clock.advance(5_000);
  await report(next, true);
  await setup.clock.advance(2_000);
  await setup.ec2.send(new TerminateInstancesCommand({ InstanceIds: [old] }));
  await setup.clock.advance(3_000);
  setup.simulator.region.interrupt(next, { noticeMs: 4_000 });
  await setup.clock.advance(10_000);
  const [ledger] = setup.simulator.region.workloads.reports();
  expect(ledger).toMatchObject({ overlapMs: 2_000, downtimeMs: 6_000, openGapMs: 6_000, serving: [] });
  expect(ledger?.overlaps).toMatchObject([{ instanceIds: [old, next] }]);
});

test('an instance that does not run cannot serve', async () => {
  const setup = await startRegion();
  const { InstanceId = '' } = await setup.launch();
  const report = (): Promise<Answer> =>
    control(setup, `PUT /_sim/instances/${InstanceId}/workload`, { serving: true, epoch: 1 });
  expect((await report()).status).toBe(409);
  await setup.clock.advance(40_000);
  expect((await report()).status).toBe(200);
  await setup.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  expect(await report()).toMatchObject({ status: 409, body: { code: 'instance-not-running' } });
});

test('faults are added, listed with their counters and removed', async () => {
  const setup = await startRegion();
  const added = await control(setup, 'POST /_sim/faults', {
    kind: 'throttle',
    operation: 'DescribeInstances',
    times: 1,
  });
  expect(added).toMatchObject({ status: 201, body: { kind: 'throttle', fired: 0 } });
  expect((await control(setup, 'POST /_sim/faults', { kind: 'magic' })).status).toBe(400);
  const describe = (): Promise<unknown> => setup.ec2.send(new DescribeInstancesCommand({}));
  expect(await failureOf(describe())).toEqual({ code: 'RequestLimitExceeded', status: 503 });
  await describe();
  const { body } = await control(setup, 'GET /_sim/faults');
  expect(body).toMatchObject({ faults: [{ kind: 'throttle', fired: 1 }], calls: { DescribeInstances: 2 } });
  const [fault] = setup.simulator.region.faults.list();
  expect((await control(setup, `DELETE /_sim/faults/${fault?.id ?? ''}`)).status).toBe(200);
  expect((await control(setup, 'DELETE /_sim/faults/none')).status).toBe(404);
  expect(setup.simulator.region.faults.list()).toEqual([]);
});

test('the timeline can be read on from where one was', async () => {
  const setup = await startRegion();
  await setup.launchRunning();
  const all = setup.simulator.region.timeline.after(0);
  const { body } = await control(setup, `GET /_sim/timeline?after=${all[0]?.sequence ?? 0}`);
  expect(body).toMatchObject({ timeline: [{ event: 'instance.running' }] });
});
