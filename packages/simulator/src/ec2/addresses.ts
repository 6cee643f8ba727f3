import type { QueryReader } from '../aws/query-reader.js';
import { items, tagSet } from '../aws/xml.js';
import type { Address } from '../region/addresses.js';
import type { Ec2Action } from './action.js';
import { filterOf } from './filters.js';
import { instanceById } from './find-instances.js';
import { tagsFor } from './launcher.js';

function selectorOf(request: QueryReader): {
  allocationId: string | undefined;
  publicIp: string | undefined;
} {
  const allocationId = request.text('AllocationId');
  const publicIp = request.text('PublicIp');
  if (allocationId === undefined && publicIp === undefined) request.required('AllocationId');
  return { allocationId, publicIp };
}

export const allocateAddress: Ec2Action = (request, region) => {
  const address = region.addresses.allocate(tagsFor(request, 'elastic-ip'));
  const { publicIp, allocationId } = address;
  return { publicIp, allocationId, domain: 'vpc', networkBorderGroup: region.name };
};

export const releaseAddress: Ec2Action = (request, region) => {
  region.addresses.release(region.addresses.find(selectorOf(request)));
  return { return: true };
};

/** Takes the address from where it is unless the request says `AllowReassociation=false`. */
export const associateAddress: Ec2Action = (request, region) => {
  const address = region.addresses.find(selectorOf(request));
  const instance = instanceById(region, 'AssociateAddress', request);
  const allowReassociation = request.flag('AllowReassociation') ?? true;
  const associationId = region.addresses.associate(address, instance, allowReassociation);
  return { return: true, associationId };
};

export const disassociateAddress: Ec2Action = (request, region) => {
  const associationId = request.text('AssociationId');
  const publicIp = request.text('PublicIp');
  if (associationId === undefined && publicIp === undefined) request.required('AssociationId');
  region.addresses.disassociate({ associationId, publicIp });
  return { return: true };
};

export const describeAddresses: Ec2Action = (request, region) => {
  const allocationIds = request.texts('AllocationId');
  const publicIps = request.texts('PublicIp');
  const named = [
    ...allocationIds.map((allocationId) => region.addresses.find({ allocationId })),
    ...publicIps.map((publicIp) => region.addresses.find({ publicIp })),
  ];
  const optional = (value: string | undefined): string[] => (value === undefined ? [] : [value]);
  const matches = filterOf<Address>(
    request,
    {
      'allocation-id': (address) => [address.allocationId],
      'association-id': (address) => optional(address.associationId),
      'instance-id': (address) => optional(address.instanceId),
      'public-ip': (address) => [address.publicIp],
      domain: () => ['vpc'],
    },
    (address) => address.tags,
  );
  const addresses = (named.length > 0 ? named : region.addresses.all()).filter(matches);
  return {
    addressesSet: items(
      addresses.map((address) => ({
        publicIp: address.publicIp,
        allocationId: address.allocationId,
        domain: 'vpc',
        networkBorderGroup: region.name,
        associationId: address.associationId,
        instanceId: address.instanceId,
        privateIpAddress:
          address.instanceId === undefined ? undefined : region.instances.get(address.instanceId)?.privateIp,
        tagSet: tagSet(address.tags),
      })),
    ),
  };
};
