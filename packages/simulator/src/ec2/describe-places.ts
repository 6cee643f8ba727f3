import { awsError } from '../aws/aws-error.js';
import { items } from '../aws/xml.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import type { Zone } from '../region/zones.js';
import type { Ec2Action } from './action.js';
import { filterOf } from './filters.js';
import { vpcIdOf } from './instance-xml.js';
import { maxResults, pageOf, startOf, writeToken } from './paging.js';

const ADDRESSES_PER_SUBNET = 4091;

export const describeAvailabilityZones: Ec2Action = (request, region) => {
  const names = request.texts('ZoneName');
  const ids = request.texts('ZoneId');
  const unknown = names.find((name) => !region.zones.some((zone) => zone.name === name));
  if (unknown !== undefined)
    throw awsError('InvalidParameterValue', `Invalid availability zone: [${unknown}]`);
  const matches = filterOf<Zone>(request, {
    'zone-name': (zone) => [zone.name],
    'zone-id': (zone) => [zone.id],
    'region-name': () => [region.name],
    'zone-type': () => ['availability-zone'],
    state: () => ['available'],
    'opt-in-status': () => ['opt-in-not-required'],
    'group-name': () => [region.name],
  });
  const zones = region.zones.filter(
    (zone) =>
      (names.length === 0 || names.includes(zone.name)) &&
      (ids.length === 0 || ids.includes(zone.id)) &&
      matches(zone),
  );
  return {
    availabilityZoneInfo: items(
      zones.map((zone) => ({
        zoneName: zone.name,
        zoneId: zone.id,
        zoneState: 'available',
        regionName: region.name,
        zoneType: 'availability-zone',
        optInStatus: 'opt-in-not-required',
        groupName: region.name,
        networkBorderGroup: region.name,
        messageSet: {},
      })),
    ),
  };
};

export const describeRegions: Ec2Action = (_request, region) => ({
  regionInfo: items([
    {
      regionName: region.name,
      regionEndpoint: `ec2.${region.name}.amazonaws.com`,
      optInStatus: 'opt-in-not-required',
    },
  ]),
});

interface Offering {
  readonly instanceType: string;
  readonly location: string;
}

function offeringsAt(region: SimulatedRegion, locationType: string): Offering[] {
  const all = region.pools.all().map(({ instanceType, zone }) => {
    const zoneId = region.zones.find((candidate) => candidate.name === zone)?.id ?? zone;
    const locations: Readonly<Record<string, string>> = {
      region: region.name,
      'availability-zone': zone,
      'availability-zone-id': zoneId,
    };
    const location = locations[locationType];
    if (location === undefined)
      throw awsError('InvalidParameterValue', `Invalid location type '${locationType}'`);
    return { instanceType, location };
  });
  const unique = new Map(all.map((offering) => [`${offering.instanceType}|${offering.location}`, offering]));
  return [...unique.values()];
}

export const describeInstanceTypeOfferings: Ec2Action = (request, region) => {
  const locationType = request.text('LocationType') ?? 'region';
  const matches = filterOf<Offering>(request, {
    'instance-type': (offering) => [offering.instanceType],
    location: (offering) => [offering.location],
  });
  const chosen = offeringsAt(region, locationType).filter(matches);
  const page = pageOf(chosen, startOf(request), maxResults(request, { least: 5, most: 1000 }));
  return {
    instanceTypeOfferingSet: items(page.rows.map((offering) => ({ ...offering, locationType }))),
    ...(page.next === undefined ? {} : { nextToken: writeToken({ start: page.next }) }),
  };
};

/** One subnet in each zone, all in the one default VPC. */
export const describeSubnets: Ec2Action = (request, region) => {
  const ids = request.texts('SubnetId');
  const unknown = ids.find((id) => !region.zones.some((zone) => zone.subnetId === id));
  if (unknown !== undefined) {
    throw awsError('InvalidSubnetID.NotFound', `The subnet ID '${unknown}' does not exist`);
  }
  const matches = filterOf<Zone>(
    request,
    {
      'subnet-id': (zone) => [zone.subnetId],
      'vpc-id': () => [vpcIdOf(region)],
      'availability-zone': (zone) => [zone.name],
      'availability-zone-id': (zone) => [zone.id],
      'default-for-az': () => ['true'],
      state: () => ['available'],
    },
    () => new Map(),
  );
  const zones = region.zones.filter(
    (zone) => (ids.length === 0 || ids.includes(zone.subnetId)) && matches(zone),
  );
  return {
    subnetSet: items(
      zones.map((zone) => ({
        subnetId: zone.subnetId,
        state: 'available',
        vpcId: vpcIdOf(region),
        cidrBlock: `10.0.${region.zones.indexOf(zone) * 16}.0/20`,
        availableIpAddressCount: ADDRESSES_PER_SUBNET,
        availabilityZone: zone.name,
        availabilityZoneId: zone.id,
        defaultForAz: true,
        mapPublicIpOnLaunch: true,
        ownerId: region.account,
        tagSet: {},
      })),
    ),
  };
};

/** Any image id that is asked for exists; without one, the region has a single image. */
export const describeImages: Ec2Action = (request, region) => {
  const ids = request.texts('ImageId');
  const known = ids.length === 0 ? ['ami-0123456789abcdef0'] : ids;
  const malformed = known.find((id) => !id.startsWith('ami-'));
  if (malformed !== undefined) throw awsError('InvalidAMIID.Malformed', `Invalid id: "${malformed}"`);
  return {
    imagesSet: items(
      known.map((imageId) => ({
        imageId,
        imageState: 'available',
        imageOwnerId: region.account,
        isPublic: false,
        architecture: 'x86_64',
        imageType: 'machine',
        name: `simulated ${imageId}`,
        rootDeviceType: 'ebs',
        rootDeviceName: '/dev/xvda',
        virtualizationType: 'hvm',
        hypervisor: 'xen',
        creationDate: '2026-01-01T00:00:00.000Z',
      })),
    ),
  };
};
