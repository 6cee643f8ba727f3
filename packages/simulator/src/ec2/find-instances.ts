import { awsError } from '../aws/aws-error.js';
import type { QueryReader } from '../aws/query-reader.js';
import { stateAt, type Instance } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import type { FilterFields } from './filters.js';

/** What an operation can see: not what ended long ago, nor what an injected fault still hides. */
export function visibleInstances(region: SimulatedRegion, operation: string): Instance[] {
  return region.instances
    .visible()
    .filter((instance) => !region.faults.hides(operation, instance.launchedAtMs));
}

/** The instances with these ids, in that order. */
export function instancesByIds(
  region: SimulatedRegion,
  operation: string,
  ids: readonly string[],
): Instance[] {
  const malformed = ids.find((id) => !/^i-[0-9a-f]{8,17}$/.test(id));
  if (malformed !== undefined) throw awsError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`);
  const visible = new Map(visibleInstances(region, operation).map((instance) => [instance.id, instance]));
  const missing = ids.filter((id) => !visible.has(id));
  if (missing.length > 0) {
    const [noun, verb] = missing.length === 1 ? ['ID', 'does'] : ['IDs', 'do'];
    throw awsError(
      'InvalidInstanceID.NotFound',
      `The instance ${noun} '${missing.join(', ')}' ${verb} not exist`,
    );
  }
  return ids.flatMap((id) => visible.get(id) ?? []);
}

export function instanceById(region: SimulatedRegion, operation: string, request: QueryReader): Instance {
  const [instance] = instancesByIds(region, operation, [request.required('InstanceId')]);
  if (instance === undefined) throw awsError('InvalidInstanceID.NotFound', 'The instance ID does not exist');
  return instance;
}

export function instanceFilterFields(region: SimulatedRegion): FilterFields<Instance> {
  const optional = (value: string | undefined): string[] => (value === undefined ? [] : [value]);
  return {
    'instance-id': (instance) => [instance.id],
    'instance-state-name': (instance) => [stateAt(instance, region.clock.nowMs())],
    'client-token': (instance) => [instance.clientToken],
    'instance-lifecycle': (instance) => (instance.market === 'spot' ? ['spot'] : []),
    'availability-zone': (instance) => [instance.zone],
    'availability-zone-id': (instance) => [zoneIdOf(region, instance.zone)],
    'instance-type': (instance) => [instance.instanceType],
    'image-id': (instance) => [instance.imageId],
    'private-ip-address': (instance) => [instance.privateIp],
    'ip-address': (instance) => optional(instance.publicIp),
    'subnet-id': (instance) => [subnetIdOf(region, instance.zone)],
    'spot-instance-request-id': (instance) => optional(instance.spotRequestId),
    'reservation-id': (instance) => [instance.reservationId],
  };
}

export function zoneIdOf(region: SimulatedRegion, zone: string): string {
  return region.zones.find((candidate) => candidate.name === zone)?.id ?? '';
}

export function subnetIdOf(region: SimulatedRegion, zone: string): string {
  return region.zones.find((candidate) => candidate.name === zone)?.subnetId ?? '';
}
