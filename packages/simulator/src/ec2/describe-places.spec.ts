import { expect, test } from '@jest/globals';
import {
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeSubnetsCommand,
  type LocationType,
} from '@aws-sdk/client-ec2';
import { startRegion } from '../running-simulator.contract.js';

test('zones have a name and an id that does not follow from it', async () => {
  const { ec2 } = await startRegion();
  const answer = await ec2.send(new DescribeAvailabilityZonesCommand({}));
  expect(answer.AvailabilityZones?.map((zone) => [zone.ZoneName, zone.ZoneId, zone.State])).toEqual([
    ['us-east-1a', 'use1-az2', 'available'],
    ['us-east-1b', 'use1-az3', 'available'],
    ['us-east-1c', 'use1-az1', 'available'],
  ]);
});

test('offerings say where a type is sold', async () => {
  const { ec2 } = await startRegion();
  const locationsOf = async (LocationType: LocationType): Promise<unknown> => {
    const Filters = [{ Name: 'instance-type', Values: ['m5.large'] }];
    const answer = await ec2.send(new DescribeInstanceTypeOfferingsCommand({ LocationType, Filters }));
    return answer.InstanceTypeOfferings?.map((offering) => offering.Location).sort();
  };
  expect(await locationsOf('availability-zone')).toEqual(['us-east-1a', 'us-east-1b']);
  expect(await locationsOf('availability-zone-id')).toEqual(['use1-az2', 'use1-az3']);
  expect(await locationsOf('region')).toEqual(['us-east-1']);
});

test('each zone has one subnet of one network, and any image exists', async () => {
  const { ec2 } = await startRegion();
  const Filters = [{ Name: 'availability-zone', Values: ['us-east-1b'] }];
  const subnets = await ec2.send(new DescribeSubnetsCommand({ Filters }));
  expect(subnets.Subnets).toMatchObject([{ AvailabilityZone: 'us-east-1b', State: 'available' }]);
  expect(subnets.Subnets?.[0]?.AvailableIpAddressCount).toBeGreaterThan(0);
  const images = await ec2.send(new DescribeImagesCommand({ ImageIds: ['ami-1'] }));
  expect(images.Images).toMatchObject([{ ImageId: 'ami-1', State: 'available' }]);
});
