import { expect, test } from '@jest/globals';
import {
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeSpotInstanceRequestsCommand,
  paginateDescribeInstances,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type DescribeInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { failureOf, SPOT_T3, startRegion, type Setup } from '../running-simulator.contract.js';

async function idsFor({ ec2 }: Setup, input: DescribeInstancesCommandInput): Promise<string[]> {
  const answer = await ec2.send(new DescribeInstancesCommand(input));
  return (answer.Reservations ?? []).flatMap((reservation) =>
    (reservation.Instances ?? []).map((instance) => instance.InstanceId ?? ''),
  );
}

function tagged(key: string, value: string): Pick<typeof SPOT_T3, 'TagSpecifications'> {
  return { TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: key, Value: value }] }] };
}

test('filters narrow, and their values widen', async () => {
  const setup = await startRegion();
  const one = await setup.launch({ ...tagged('agent', 'one'), ClientToken: 'first' });
  const two = await setup.launch({
    ...tagged('agent', 'two'),
    Placement: { AvailabilityZone: 'us-east-1b' },
  });
  const onDemand = await setup.launch({ InstanceMarketOptions: undefined });
  const find = (Name: string, ...Values: string[]): Promise<string[]> =>
    idsFor(setup, { Filters: [{ Name, Values }] });
  expect(await find('instance-id', two.InstanceId ?? '')).toEqual([two.InstanceId]);
  expect(await find('tag:agent', 'one')).toEqual([one.InstanceId]);
  expect(await find('tag:agent', 'one', 'two')).toEqual([one.InstanceId, two.InstanceId]);
  expect(await find('tag:agent', 't*')).toEqual([two.InstanceId]);
  expect(await find('tag-key', 'agent')).toEqual([one.InstanceId, two.InstanceId]);
  expect(await find('client-token', 'first')).toEqual([one.InstanceId]);
  expect(await find('instance-lifecycle', 'spot')).toEqual([one.InstanceId, two.InstanceId]);
  expect(await find('availability-zone', 'us-east-1a')).toEqual([one.InstanceId, onDemand.InstanceId]);
  expect(await find('instance-state-name', 'pending')).toHaveLength(3);
  expect(await find('instance-state-name', 'running')).toEqual([]);
  expect((await failureOf(find('no-such-filter', 'x'))).code).toBe('InvalidParameterValue');
});

test('pages give every instance once, also while more are launched', async () => {
  const setup = await startRegion();
  for (let count = 0; count < 12; count += 1) await setup.launch();
  const seen: string[] = [];
  for await (const page of paginateDescribeInstances({ client: setup.ec2, pageSize: 5 }, {})) {
    seen.push(
      ...(page.Reservations ?? []).flatMap((one) => one.Instances ?? []).map((one) => one.InstanceId ?? ''),
    );
    if (seen.length === 5) await setup.launch();
  }
  expect(new Set(seen).size).toBe(13);
  expect(seen).toHaveLength(13);
});

test('one unknown id fails the whole call, a strange one differently', async () => {
  const setup = await startRegion();
  const { InstanceId = '' } = await setup.launch();
  const missing = idsFor(setup, { InstanceIds: [InstanceId, 'i-0123456789abcdef0'] });
  expect((await failureOf(missing)).code).toBe('InvalidInstanceID.NotFound');
  expect((await failureOf(idsFor(setup, { InstanceIds: ['nonsense'] }))).code).toBe(
    'InvalidInstanceID.Malformed',
  );
  const both = idsFor(setup, { InstanceIds: [InstanceId], MaxResults: 5 });
  expect((await failureOf(both)).code).toBe('InvalidParameterCombination');
});

test('terminating goes through shutting-down, can be repeated, and is forgotten after an hour', async () => {
  const setup = await startRegion();
  const id = await setup.launchRunning();
  const terminate = async (): Promise<unknown> => {
    const answer = await setup.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    const [change] = answer.TerminatingInstances ?? [];
    return [change?.PreviousState?.Name, change?.CurrentState?.Name];
  };
  expect(await terminate()).toEqual(['running', 'shutting-down']);
  expect(await terminate()).toEqual(['shutting-down', 'shutting-down']);
  await setup.clock.advance(5_000);
  expect(await terminate()).toEqual(['terminated', 'terminated']);
  const answer = await setup.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  expect(answer.Reservations?.[0]?.Instances?.[0]).toMatchObject({
    State: { Name: 'terminated', Code: 48 },
    StateReason: { Code: 'Client.UserInitiatedShutdown' },
  });
  await setup.clock.advance(3_600_000);
  expect((await failureOf(terminate())).code).toBe('InvalidInstanceID.NotFound');
});

test('status checks pass some time after the start; instances that do not run are shown on request', async () => {
  const setup = await startRegion();
  const { InstanceId = '' } = await setup.launch();
  const statuses = async (IncludeAllInstances: boolean): Promise<unknown> => {
    const answer = await setup.ec2.send(new DescribeInstanceStatusCommand({ IncludeAllInstances }));
    return (answer.InstanceStatuses ?? []).map((one) => [
      one.InstanceState?.Name,
      one.InstanceStatus?.Status,
      one.SystemStatus?.Status,
    ]);
  };
  expect(await statuses(false)).toEqual([]);
  expect(await statuses(true)).toEqual([['pending', 'not-applicable', 'not-applicable']]);
  await setup.clock.advance(40_000);
  expect(await statuses(false)).toEqual([['running', 'initializing', 'initializing']]);
  await setup.clock.advance(10_000);
  expect(await statuses(false)).toEqual([['running', 'ok', 'ok']]);
  setup.simulator.region.scheduleMaintenance(InstanceId);
  const answer = await setup.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [InstanceId] }));
  expect(answer.InstanceStatuses?.[0]?.Events).toMatchObject([{ Code: 'system-reboot' }]);
});

test('a spot request shows the interruption at once, while the instance still runs', async () => {
  const setup = await startRegion();
  const id = await setup.launchRunning();
  const status = async (): Promise<unknown> => {
    const Filters = [{ Name: 'instance-id', Values: [id] }];
    const answer = await setup.ec2.send(new DescribeSpotInstanceRequestsCommand({ Filters }));
    const [request] = answer.SpotInstanceRequests ?? [];
    return [request?.State, request?.Status?.Code];
  };
  expect(await status()).toEqual(['active', 'fulfilled']);
  setup.simulator.region.interrupt(id);
  expect(await status()).toEqual(['active', 'instance-terminated-no-capacity']);
  expect(await idsFor(setup, { Filters: [{ Name: 'instance-state-name', Values: ['running'] }] })).toEqual([
    id,
  ]);
  await setup.clock.advance(120_000);
  expect(await status()).toEqual(['closed', 'instance-terminated-no-capacity']);
});

test('instances of one launch share a reservation', async () => {
  const setup = await startRegion();
  await setup.ec2.send(new RunInstancesCommand({ ...SPOT_T3, MinCount: 2, MaxCount: 2 }));
  await setup.launch();
  const answer = await setup.ec2.send(new DescribeInstancesCommand({}));
  expect(answer.Reservations?.map((one) => one.Instances?.length)).toEqual([2, 1]);
});
