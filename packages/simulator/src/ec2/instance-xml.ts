import { instant, items, tagSet, type XmlElement } from '../aws/xml.js';
import { STATE_CODES, stateAt, type EndCause, type Instance } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import { hexId } from '../region/zones.js';
import { subnetIdOf, zoneIdOf } from './find-instances.js';

const STATE_REASONS: Readonly<Record<EndCause, { readonly code: string; readonly message: string }>> = {
  user: {
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  },
  'no-capacity': {
    code: 'Server.SpotInstanceTermination',
    message: 'Server.SpotInstanceTermination: Spot instance termination',
  },
  'by-price': {
    code: 'Server.SpotInstanceTermination',
    message: 'Server.SpotInstanceTermination: Spot instance termination',
  },
  'by-experiment': {
    code: 'Server.SpotInstanceTermination',
    message: 'Server.SpotInstanceTermination: Spot instance termination',
  },
  crash: {
    code: 'Server.InternalError',
    message: 'Server.InternalError: Internal error on launch or host failure',
  },
};

export function vpcIdOf(region: SimulatedRegion): string {
  return hexId('vpc', region.name);
}

export function stateXml(instance: Instance, atMs: number): XmlElement {
  const name = stateAt(instance, atMs);
  return { code: STATE_CODES[name], name };
}

function reasonXml(instance: Instance): XmlElement {
  if (instance.endCause === undefined || instance.shuttingDownAtMs === undefined) return { reason: '' };
  const at = new Date(instance.shuttingDownAtMs).toISOString().slice(0, 19).replace('T', ' ');
  const who = instance.endCause === 'user' ? 'User initiated' : 'Service initiated';
  return { reason: `${who} (${at} GMT)`, stateReason: STATE_REASONS[instance.endCause] };
}

function networkXml(region: SimulatedRegion, instance: Instance): XmlElement {
  const nowMs = region.clock.nowMs();
  if (stateAt(instance, nowMs) === 'terminated') return { privateDnsName: '', dnsName: '' };
  return {
    privateDnsName: privateDnsName(region, instance),
    dnsName:
      instance.publicIp === undefined
        ? ''
        : `ec2-${instance.publicIp.replace(/\./g, '-')}.compute.amazonaws.com`,
    subnetId: subnetIdOf(region, instance.zone),
    vpcId: vpcIdOf(region),
    privateIpAddress: instance.privateIp,
    ipAddress: instance.publicIp,
  };
}

export function privateDnsName(region: SimulatedRegion, instance: Instance): string {
  const suffix = region.name === 'us-east-1' ? 'ec2.internal' : `${region.name}.compute.internal`;
  return `ip-${instance.privateIp.replace(/\./g, '-')}.${suffix}`;
}

export function profileArn(region: SimulatedRegion, profile: string): string {
  return profile.startsWith('arn:') ? profile : `arn:aws:iam::${region.account}:instance-profile/${profile}`;
}

function profileXml(region: SimulatedRegion, instance: Instance): XmlElement {
  const profile = instance.iamInstanceProfile;
  if (profile === undefined) return {};
  const id = hexId('AIPA', profile).replace('-', '').toUpperCase();
  return { iamInstanceProfile: { arn: profileArn(region, profile), id } };
}

export function instanceXml(region: SimulatedRegion, instance: Instance): XmlElement {
  return {
    instanceId: instance.id,
    imageId: instance.imageId,
    instanceState: stateXml(instance, region.clock.nowMs()),
    ...networkXml(region, instance),
    ...reasonXml(instance),
    keyName: instance.keyName,
    amiLaunchIndex: 0,
    instanceType: instance.instanceType,
    launchTime: instant(instance.launchedAtMs),
    placement: {
      availabilityZone: instance.zone,
      availabilityZoneId: zoneIdOf(region, instance.zone),
      tenancy: 'default',
    },
    monitoring: { state: 'disabled' },
    groupSet: items(instance.securityGroupIds.map((groupId) => ({ groupId, groupName: groupId }))),
    architecture: 'x86_64',
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/xvda',
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    clientToken: instance.clientToken,
    ...profileXml(region, instance),
    ...(instance.market === 'spot'
      ? { instanceLifecycle: 'spot', spotInstanceRequestId: instance.spotRequestId }
      : {}),
    tagSet: tagSet(instance.tags),
  };
}

/** Instances grouped by the reservation that launched them. */
export function reservationsXml(region: SimulatedRegion, instances: readonly Instance[]): XmlElement[] {
  const byReservation = new Map<string, Instance[]>();
  for (const instance of instances) {
    const group = byReservation.get(instance.reservationId) ?? [];
    byReservation.set(instance.reservationId, group);
    group.push(instance);
  }
  return [...byReservation].map(([reservationId, members]) => ({
    reservationId,
    ownerId: region.account,
    groupSet: {},
    instancesSet: items(members.map((instance) => instanceXml(region, instance))),
  }));
}
