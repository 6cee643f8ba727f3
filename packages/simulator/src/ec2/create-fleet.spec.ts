import { expect, test } from '@jest/globals';
import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  type CreateFleetCommandInput,
  type CreateFleetCommandOutput,
} from '@aws-sdk/client-ec2';
import { failureOf, startRegion, type Setup } from '../running-simulator.contract.js';

const ALL_POOLS = [
  { InstanceType: 't3.medium', AvailabilityZone: 'us-east-1a' },
  { InstanceType: 't3.medium', AvailabilityZone: 'us-east-1b' },
  { InstanceType: 't3.medium', AvailabilityZone: 'us-east-1c' },
] as const;

async function withTemplate(
  setup: Setup,
): Promise<(input?: Partial<CreateFleetCommandInput>) => Promise<CreateFleetCommandOutput>> {
  const created = await setup.ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'workload',
      LaunchTemplateData: {
        ImageId: 'ami-1',
        UserData: 'aGVsbG8=',
        TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'from', Value: 'template' }] }],
      },
    }),
  );
  const LaunchTemplateId = created.LaunchTemplate?.LaunchTemplateId ?? '';
  return (input = {}) =>
    setup.ec2.send(
      new CreateFleetCommand({
        Type: 'instant',
        LaunchTemplateConfigs: [
          {
            LaunchTemplateSpecification: { LaunchTemplateId, Version: '$Latest' },
            Overrides: [...ALL_POOLS],
          },
        ],
        TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' },
        SpotOptions: { AllocationStrategy: 'price-capacity-optimized' },
        ...input,
      }),
    );
}

test('one machine comes from the cheapest pool, with the tags of template and request', async () => {
  const setup = await startRegion();
  const fleet = await withTemplate(setup);
  const answer = await fleet({
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'spotopt:managed', Value: 'true' }] }],
  });
  expect(answer.Errors ?? []).toEqual([]);
  expect(answer.Instances).toMatchObject([
    {
      Lifecycle: 'spot',
      InstanceType: 't3.medium',
      LaunchTemplateAndOverrides: {
        Overrides: { AvailabilityZone: 'us-east-1b', InstanceType: 't3.medium' },
      },
    },
  ]);
  const id = answer.Instances?.[0]?.InstanceIds?.[0];
  const [instance] = setup.simulator.region.state().instances;
  expect(instance).toMatchObject({
    id,
    zone: 'us-east-1b',
    market: 'spot',
    tags: { from: 'template', 'spotopt:managed': 'true', 'aws:ec2:fleet-id': answer.FleetId },
  });
});

test('pools that refuse are listed beside the machine that was found', async () => {
  const setup = await startRegion();
  const fleet = await withTemplate(setup);
  setup.simulator.region.setCapacity('t3.medium.us-east-1b', 0);
  const answer = await fleet({ SpotOptions: { AllocationStrategy: 'lowest-price' } });
  expect(answer.Instances).toHaveLength(1);
  expect(answer.Instances?.[0]?.LaunchTemplateAndOverrides?.Overrides?.AvailabilityZone).toBe('us-east-1c');
  expect(answer.Errors).toMatchObject([
    {
      ErrorCode: 'InsufficientInstanceCapacity',
      Lifecycle: 'spot',
      LaunchTemplateAndOverrides: {
        Overrides: { AvailabilityZone: 'us-east-1b', InstanceType: 't3.medium' },
      },
    },
  ]);
});

test('finding nothing is an answer with status 200 and an error for each pool', async () => {
  const setup = await startRegion();
  const fleet = await withTemplate(setup);
  for (const { AvailabilityZone } of ALL_POOLS) {
    setup.simulator.region.setCapacity(`t3.medium.${AvailabilityZone}`, 0);
  }
  const answer = await fleet({ ClientToken: 'fleet' });
  expect(answer.$metadata.httpStatusCode).toBe(200);
  expect(answer.Instances ?? []).toEqual([]);
  expect(answer.Errors?.map((error) => error.ErrorCode)).toEqual(
    Array(3).fill('InsufficientInstanceCapacity'),
  );

  setup.simulator.region.setCapacity('t3.medium.us-east-1a', 'unlimited');
  const repeated = await fleet({ ClientToken: 'fleet' });
  expect(repeated.FleetId).toBe(answer.FleetId);
  expect(repeated.Instances ?? []).toEqual([]);
});

test('a token has one effect, and refuses other parameters', async () => {
  const setup = await startRegion();
  const fleet = await withTemplate(setup);
  const first = await fleet({ ClientToken: 'fleet' });
  const again = await fleet({ ClientToken: 'fleet' });
  expect(again.Instances?.[0]?.InstanceIds).toEqual(first.Instances?.[0]?.InstanceIds);
  expect(setup.simulator.region.state().instances).toHaveLength(1);
  const TargetCapacitySpecification = { TotalTargetCapacity: 2, DefaultTargetCapacityType: 'spot' } as const;
  const other = fleet({ ClientToken: 'fleet', TargetCapacitySpecification });
  expect((await failureOf(other)).code).toBe('IdempotentParameterMismatch');
});

test('a larger target is filled from several pools', async () => {
  const setup = await startRegion();
  const fleet = await withTemplate(setup);
  setup.simulator.region.setCapacity('t3.medium.us-east-1b', 2);
  const answer = await fleet({
    TargetCapacitySpecification: { TotalTargetCapacity: 3, DefaultTargetCapacityType: 'spot' },
    SpotOptions: { AllocationStrategy: 'lowest-price' },
  });
  const byZone = answer.Instances?.map((group) => [
    group.LaunchTemplateAndOverrides?.Overrides?.AvailabilityZone,
    group.InstanceIds?.length,
  ]);
  expect(byZone).toEqual([
    ['us-east-1b', 2],
    ['us-east-1c', 1],
  ]);
});

test('on-demand takes the pools by priority when asked to', async () => {
  const setup = await startRegion();
  const fleet = await withTemplate(setup);
  const created = await setup.ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'other',
      LaunchTemplateData: { ImageId: 'ami-1' },
    }),
  );
  const answer = await fleet({
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'on-demand' },
    OnDemandOptions: { AllocationStrategy: 'prioritized' },
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: {
          LaunchTemplateId: created.LaunchTemplate?.LaunchTemplateId,
          Version: '1',
        },
        Overrides: [
          { InstanceType: 't3.medium', AvailabilityZone: 'us-east-1a', Priority: 2 },
          { InstanceType: 'm5.large', AvailabilityZone: 'us-east-1b', Priority: 1 },
        ],
      },
    ],
  });
  expect(answer.Instances).toMatchObject([{ Lifecycle: 'on-demand', InstanceType: 'm5.large' }]);
});

test('an unsupported pool is an error entry, an unknown template fails the call', async () => {
  const setup = await startRegion();
  const fleet = await withTemplate(setup);
  const configs = (LaunchTemplateName: string): Partial<CreateFleetCommandInput> => ({
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: { LaunchTemplateName, Version: '$Default' },
        Overrides: [{ InstanceType: 'm5.large', AvailabilityZone: 'us-east-1c' }],
      },
    ],
  });
  const answer = await fleet(configs('workload'));
  expect(answer.Errors?.[0]?.ErrorCode).toBe('Unsupported');
  const unknown = fleet(configs('nothing'));
  expect((await failureOf(unknown)).code).toBe('InvalidLaunchTemplateName.NotFoundException');
});
