import { awsError } from '../aws/aws-error.js';
import type { QueryReader } from '../aws/query-reader.js';
import { availableIn, takeFrom, type Pool } from '../region/capacity.js';
import type { Instance, LaunchSpec, Market } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import { hexId, poolIdOf, type Zone } from '../region/zones.js';

export interface LaunchOrder {
  readonly operation: string;
  readonly spec: LaunchSpec;
  readonly minCount: number;
  readonly maxCount: number;
}

/** @throws `Unsupported`, `InvalidParameterValue`: the pool does not exist */
function poolFor(region: SimulatedRegion, instanceType: string, zone: string): Pool {
  const pool = region.pools.get(poolIdOf(instanceType, zone));
  if (pool !== undefined) return pool;
  if (!region.pools.hasType(instanceType)) {
    throw awsError('InvalidParameterValue', `Invalid value '${instanceType}' for InstanceType.`);
  }
  const message = `Your requested instance type (${instanceType}) is not supported in your requested Availability Zone (${zone}).`;
  throw awsError('Unsupported', message);
}

function checkPrice(region: SimulatedRegion, spec: LaunchSpec, pool: Pool): void {
  if (spec.market === 'on-demand') return;
  const spotUsd = region.priceBook.priceAt(pool.id, region.clock.nowMs())?.usdPerHour;
  const limitUsd = spec.maxPriceUsd ?? region.priceBook.onDemand(spec.instanceType)?.usdPerHour;
  if (spotUsd === undefined || limitUsd === undefined || spotUsd <= limitUsd) return;
  const message = `Your Spot request price of ${limitUsd} is lower than the minimum required Spot request fulfillment price of ${spotUsd}.`;
  throw awsError('SpotMaxPriceTooLow', message);
}

function insufficientCapacity(pool: Pool): Error {
  const message = `We currently do not have sufficient ${pool.instanceType} capacity in the Availability Zone you requested (${pool.zone}). Our system will be working on provisioning additional capacity.`;
  return awsError('InsufficientInstanceCapacity', message, 500);
}

/**
 * Launches as many instances as the pool gives, at least `minCount`.
 * @throws `InsufficientInstanceCapacity`, `SpotMaxPriceTooLow`, `Unsupported`
 */
export function launchInPool(region: SimulatedRegion, order: LaunchOrder): Instance[] {
  const { spec } = order;
  const pool = poolFor(region, spec.instanceType, spec.zone);
  checkPrice(region, spec, pool);
  const refused = region.faults.refusesCapacity(order.operation, pool.id, spec.market);
  const count = refused ? 0 : Math.min(order.maxCount, availableIn(pool, spec.market));
  if (count < Math.max(1, order.minCount)) {
    region.timeline.add(region.clock.nowMs(), 'launch.refused', pool.id, { market: spec.market });
    throw insufficientCapacity(pool);
  }
  takeFrom(pool, spec.market, count);
  const reservationId = hexId('r', region.ids.next());
  return Array.from({ length: count }, () => region.instances.launch(spec, reservationId));
}

function zoneBySubnet(region: SimulatedRegion, request: QueryReader): Zone | undefined {
  const subnetId = request.text('SubnetId') ?? request.children('NetworkInterface')[0]?.text('SubnetId');
  if (subnetId === undefined) return undefined;
  const zone = region.zones.find((candidate) => candidate.subnetId === subnetId);
  if (zone !== undefined) return zone;
  throw awsError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
}

function zoneByName(region: SimulatedRegion, request: QueryReader): Zone | undefined {
  const placement = request.child('Placement');
  const name = request.text('AvailabilityZone') ?? placement.text('AvailabilityZone');
  const id = request.text('AvailabilityZoneId') ?? placement.text('AvailabilityZoneId');
  if (name === undefined && id === undefined) return undefined;
  const zone = region.zones.find((candidate) => candidate.name === name || candidate.id === id);
  if (zone !== undefined) return zone;
  throw awsError('InvalidParameterValue', `Invalid availability zone: [${name ?? id ?? ''}]`);
}

/** The zone that a request names by zone, zone id or subnet; undefined when it leaves the choice to AWS. */
export function requestedZone(region: SimulatedRegion, request: QueryReader): Zone | undefined {
  const bySubnet = zoneBySubnet(region, request);
  const byName = zoneByName(region, request);
  if (bySubnet !== undefined && byName !== undefined && bySubnet !== byName) {
    const message = `The availability zone ${byName.name} is not that of the subnet ${bySubnet.subnetId}.`;
    throw awsError('InvalidParameterCombination', message);
  }
  return bySubnet ?? byName;
}

/** Zones that could take the instance, best first, for a request that names none. */
export function candidateZones(region: SimulatedRegion, instanceType: string, market: Market): Zone[] {
  const zones = region.zones.filter(
    (zone) => region.pools.get(poolIdOf(instanceType, zone.name)) !== undefined,
  );
  const hasCapacity = (zone: Zone): boolean => {
    const pool = region.pools.get(poolIdOf(instanceType, zone.name));
    return pool !== undefined && availableIn(pool, market) > 0;
  };
  return [...zones.filter(hasCapacity), ...zones.filter((zone) => !hasCapacity(zone))];
}

/** What all launching operations read alike, once template and request are merged. */
export function specOf(
  request: QueryReader,
  place: Pick<LaunchSpec, 'instanceType' | 'zone' | 'market' | 'clientToken' | 'tags'>,
): LaunchSpec {
  const userData = request.text('UserData');
  const keyName = request.text('KeyName');
  const profile = request.child('IamInstanceProfile');
  const iamInstanceProfile = profile.text('Arn') ?? profile.text('Name');
  const maxPriceUsd = request.child('InstanceMarketOptions').child('SpotOptions').number('MaxPrice');
  return {
    ...place,
    imageId: request.required('ImageId'),
    securityGroupIds: [...request.texts('SecurityGroupId'), ...request.texts('SecurityGroup')],
    ...(userData === undefined ? {} : { userData }),
    ...(keyName === undefined ? {} : { keyName }),
    ...(iamInstanceProfile === undefined ? {} : { iamInstanceProfile }),
    ...(maxPriceUsd === undefined ? {} : { maxPriceUsd }),
  };
}

/** Tags that the request's `TagSpecification` list has for one type of resource. */
export function tagsFor(request: QueryReader, resourceType: string): Map<string, string> {
  const tags = request
    .children('TagSpecification')
    .filter((specification) => specification.text('ResourceType') === resourceType)
    .flatMap((specification) => specification.children('Tag'));
  return new Map(tags.map((tag) => [tag.required('Key'), tag.text('Value') ?? '']));
}
