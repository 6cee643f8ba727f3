import { expect, test } from '@jest/globals';
import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { DescribeInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { failureOf, startRegion } from '../running-simulator.contract.js';

test.each([
  ['throttle', { code: 'RequestLimitExceeded', status: 503 }, 0],
  ['fail-before', { code: 'InternalError', status: 500 }, 0],
  ['fail-after', { code: 'InternalError', status: 500 }, 1],
] as const)('%s fails the call as AWS does', async (kind, failure, launched) => {
  const { launch, simulator } = await startRegion();
  const fault = simulator.region.faults.add({ kind, operation: 'RunInstances', times: 1 });
  expect(await failureOf(launch({ ClientToken: 'token' }))).toEqual(failure);
  expect(fault.fired).toBe(1);
  expect(simulator.region.state().instances).toHaveLength(launched);
  await launch({ ClientToken: 'token' });
  expect(simulator.region.state().instances).toHaveLength(1);
});

test.each([
  ['drop-before', 0],
  ['drop-after', 1],
] as const)('%s closes the connection without an answer', async (kind, launched) => {
  const { launch, simulator } = await startRegion();
  const fault = simulator.region.faults.add({ kind, operation: 'RunInstances', times: 1 });
  await expect(launch({ ClientToken: 'token' })).rejects.toThrow();
  expect(fault.fired).toBe(1);
  expect(simulator.region.state().instances).toHaveLength(launched);
  await launch({ ClientToken: 'token' });
  expect(simulator.region.state().instances).toHaveLength(1);
});

test('a new instance is not found for a while', async () => {
  const { clock, ec2, launch, simulator } = await startRegion();
  const early = await launch();
  await clock.advance(1);
  const fault = simulator.region.faults.add({ kind: 'not-found', durationMs: 3_000 });
  const { InstanceId = '' } = await launch();
  const describe = (id = ''): Promise<unknown> =>
    ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  expect((await failureOf(describe(InstanceId))).code).toBe('InvalidInstanceID.NotFound');
  await describe(early.InstanceId);
  const listed = await ec2.send(new DescribeInstancesCommand({}));
  expect(listed.Reservations).toHaveLength(1);
  await clock.advance(3_000);
  await describe(InstanceId);
  expect(fault.fired).toBeGreaterThan(0);
});

test('capacity is refused in the pool and market that the fault names', async () => {
  const { launch, simulator } = await startRegion();
  const fault = simulator.region.faults.add({
    kind: 'insufficient-capacity',
    pool: 't3.medium.us-east-1a',
    market: 'spot',
  });
  expect((await failureOf(launch())).code).toBe('InsufficientInstanceCapacity');
  await launch({ InstanceMarketOptions: undefined });
  await launch({ Placement: { AvailabilityZone: 'us-east-1b' } });
  expect(fault.fired).toBe(1);
});

test('a tag condition protects instances without the tag', async () => {
  const { ec2, launch, simulator } = await startRegion();
  const own = await launch({
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'spotopt:managed', Value: 'true' }] }],
  });
  const foreign = await launch();
  const fault = simulator.region.faults.add({
    kind: 'tag-condition',
    tag: { key: 'spotopt:managed', value: 'true' },
  });
  const terminate = (...ids: (string | undefined)[]): Promise<unknown> =>
    ec2.send(new TerminateInstancesCommand({ InstanceIds: ids.map((id) => id ?? '') }));
  expect(await failureOf(terminate(own.InstanceId, foreign.InstanceId))).toEqual({
    code: 'UnauthorizedOperation',
    status: 403,
  });
  expect(simulator.region.state().instances.map((one) => one.endCause)).toEqual([null, null]);
  await terminate(own.InstanceId);
  expect(fault.fired).toBe(1);
});

test('a fault can wait, have odds, and say its own error', async () => {
  const { ec2, sqs, simulator } = await startRegion();
  const { faults } = simulator.region;
  faults.add({
    kind: 'fail-before',
    operation: 'DescribeInstances',
    skip: 1,
    times: 1,
    code: 'Unavailable',
    httpStatus: 503,
  });
  const describe = (): Promise<unknown> => ec2.send(new DescribeInstancesCommand({}));
  await describe();
  expect(await failureOf(describe())).toEqual({ code: 'Unavailable', status: 503 });
  await describe();
  const sometimes = faults.add({ kind: 'throttle', operation: 'GetQueueUrl', probability: 0.5 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, () => sqs.send(new GetQueueUrlCommand({ QueueName: 'notices' }))),
  );
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected').length;
  expect(failed).toBe(sometimes.fired);
  expect(failed).toBeGreaterThan(8);
  expect(failed).toBeLessThan(32);
});
