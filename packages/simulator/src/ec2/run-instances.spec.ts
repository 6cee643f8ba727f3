import { expect, test } from '@jest/globals';
import { DescribeInstancesCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { failureOf, SPOT_T3, startRegion } from '../running-simulator.contract.js';

test('a spot instance boots, runs and passes its checks on the clock', async () => {
  const { clock, ec2, launch } = await startRegion();
  const launched = await launch();
  expect(launched).toMatchObject({
    State: { Name: 'pending', Code: 0 },
    InstanceLifecycle: 'spot',
    Placement: { AvailabilityZone: 'us-east-1a', AvailabilityZoneId: 'use1-az2' },
  });
  await clock.advance(39_999);
  const stateNow = async (): Promise<string | undefined> => {
    const answer = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [launched.InstanceId ?? ''] }));
    return answer.Reservations?.[0]?.Instances?.[0]?.State?.Name;
  };
  expect(await stateNow()).toBe('pending');
  await clock.advance(1);
  expect(await stateNow()).toBe('running');
});

test('what the launch says is what the instance has', async () => {
  const { launch } = await startRegion();
  const instance = await launch({
    InstanceMarketOptions: undefined,
    KeyName: 'key',
    IamInstanceProfile: { Name: 'agent' },
    SecurityGroupIds: ['sg-1'],
    TagSpecifications: [
      {
        ResourceType: 'instance',
        Tags: [
          { Key: 'a', Value: '<1 & 2>' },
          { Key: 'b', Value: '' },
        ],
      },
      { ResourceType: 'volume', Tags: [{ Key: 'not', Value: 'here' }] },
    ],
  });
  expect(instance).toMatchObject({
    InstanceType: 't3.medium',
    KeyName: 'key',
    IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/agent' },
    SecurityGroups: [{ GroupId: 'sg-1' }],
    Tags: [
      { Key: 'a', Value: '<1 & 2>' },
      { Key: 'b', Value: '' },
    ],
  });
  expect(instance.InstanceLifecycle).toBeUndefined();
  expect(instance.SpotInstanceRequestId).toBeUndefined();
});

test('a client token has one effect in a zone, and one more in another zone', async () => {
  const { launch, simulator } = await startRegion();
  const first = await launch({ ClientToken: 'token' });
  const again = await launch({ ClientToken: 'token' });
  const elsewhere = await launch({ ClientToken: 'token', Placement: { AvailabilityZone: 'us-east-1b' } });
  expect(again.InstanceId).toBe(first.InstanceId);
  expect(elsewhere.InstanceId).not.toBe(first.InstanceId);
  expect(simulator.region.state().instances).toHaveLength(2);
});

test('a zone named by its subnet is the same zone', async () => {
  const { launch, simulator } = await startRegion();
  const first = await launch({ ClientToken: 'token' });
  const subnet = simulator.region.zones.find((zone) => zone.name === 'us-east-1a')?.subnetId;
  const again = await launch({ ClientToken: 'token', SubnetId: subnet, Placement: undefined });
  expect(again.InstanceId).toBe(first.InstanceId);
});

test('without a zone the token holds for the region', async () => {
  const { launch, simulator } = await startRegion();
  const first = await launch({ ClientToken: 'token', Placement: undefined });
  const again = await launch({ ClientToken: 'token', Placement: undefined });
  expect(again.InstanceId).toBe(first.InstanceId);
  expect(simulator.region.state().instances).toHaveLength(1);
});

test('a token that comes with other parameters is refused', async () => {
  const { launch } = await startRegion();
  await launch({ ClientToken: 'token' });
  const other = launch({ ClientToken: 'token', InstanceType: 'm5.large' });
  expect(await failureOf(other)).toEqual({ code: 'IdempotentParameterMismatch', status: 400 });
});

test('a launch that found no capacity does not use up its token', async () => {
  const { launch, simulator } = await startRegion();
  simulator.region.setCapacity('t3.medium.us-east-1a', 0);
  const refused = launch({ ClientToken: 'token' });
  expect(await failureOf(refused)).toEqual({ code: 'InsufficientInstanceCapacity', status: 500 });
  simulator.region.setCapacity('t3.medium.us-east-1a', 1);
  expect((await launch({ ClientToken: 'token' })).State?.Name).toBe('pending');
});

test('capacity is counted down, and spot and on-demand are counted apart', async () => {
  const { ec2, launch, simulator } = await startRegion();
  simulator.region.setCapacity('t3.medium.us-east-1a', 2);
  const three = new RunInstancesCommand({ ...SPOT_T3, MinCount: 1, MaxCount: 3 });
  expect((await ec2.send(three)).Instances).toHaveLength(2);
  expect((await failureOf(launch())).code).toBe('InsufficientInstanceCapacity');
  expect((await launch({ InstanceMarketOptions: undefined })).InstanceId).toBeDefined();
});

test('fewer than MinCount launches nothing', async () => {
  const { ec2, simulator } = await startRegion();
  simulator.region.setCapacity('t3.medium.us-east-1a', 1);
  const two = new RunInstancesCommand({ ...SPOT_T3, MinCount: 2, MaxCount: 2 });
  expect((await failureOf(ec2.send(two))).code).toBe('InsufficientInstanceCapacity');
  expect(simulator.region.state().instances).toHaveLength(0);
});

test('without a zone, one that has capacity is found', async () => {
  const { launch, simulator } = await startRegion();
  simulator.region.setCapacity('t3.medium.us-east-1a', 0);
  const instance = await launch({ Placement: undefined });
  expect(instance.Placement?.AvailabilityZone).toBe('us-east-1b');
});

test.each([
  [
    'a type that is not sold in the zone',
    { InstanceType: 'm5.large', Placement: { AvailabilityZone: 'us-east-1c' } },
    'Unsupported',
  ],
  ['an unknown type', { InstanceType: 'x9.huge' }, 'InvalidParameterValue'],
  ['an unknown zone', { Placement: { AvailabilityZone: 'us-east-1z' } }, 'InvalidParameterValue'],
  ['an unknown subnet', { SubnetId: 'subnet-1' }, 'InvalidSubnetID.NotFound'],
  ['no image', { ImageId: undefined }, 'MissingParameter'],
  [
    'a maximum price below the market',
    { InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice: '0.01' } } },
    'SpotMaxPriceTooLow',
  ],
  ['a dry run', { DryRun: true }, 'DryRunOperation'],
] as const)('%s fails', async (_name, input, code) => {
  const { ec2, simulator } = await startRegion();
  const call = ec2.send(new RunInstancesCommand({ ...SPOT_T3, ...input } as typeof SPOT_T3));
  expect((await failureOf(call)).code).toBe(code);
  expect(simulator.region.state().instances).toHaveLength(0);
});

test('an unknown action is InvalidAction in the error form of EC2', async () => {
  const { simulator } = await startRegion();
  const answer = await fetch(simulator.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Action=DescribeNothing&Version=2016-11-15',
  });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('<Response><Errors><Error><Code>InvalidAction</Code>');
});
