import { expect, test } from '@jest/globals';
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DisassociateAddressCommand,
  ReleaseAddressCommand,
  TerminateInstancesCommand,
  type Address,
} from '@aws-sdk/client-ec2';
import { failureOf, startRegion, type Setup } from '../running-simulator.contract.js';

async function allocate({ ec2 }: Setup): Promise<string> {
  const answer = await ec2.send(new AllocateAddressCommand({}));
  return answer.AllocationId ?? '';
}

async function addressOf({ ec2 }: Setup, AllocationId: string): Promise<Address | undefined> {
  const answer = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [AllocationId] }));
  return answer.Addresses?.[0];
}

test('an address moves from one instance to the next, and the same move again changes nothing', async () => {
  const setup = await startRegion();
  const first = await setup.launchRunning();
  const second = await setup.launchRunning({ Placement: { AvailabilityZone: 'us-east-1b' } });
  const AllocationId = await allocate(setup);
  const associate = async (InstanceId: string): Promise<string | undefined> => {
    const answer = await setup.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId }));
    return answer.AssociationId;
  };
  const association = await associate(first);
  expect(await associate(first)).toBe(association);
  const moved = await associate(second);
  expect(moved).not.toBe(association);
  expect(await addressOf(setup, AllocationId)).toMatchObject({ InstanceId: second, AssociationId: moved });
  const [one, two] = setup.simulator.region.state().instances;
  expect(one?.publicIp).toBeNull();
  expect(two?.publicIp).toMatch(/^198\.18\./);
});

test('AllowReassociation=false protects an address that is in use', async () => {
  const setup = await startRegion();
  const first = await setup.launchRunning();
  const second = await setup.launchRunning();
  const AllocationId = await allocate(setup);
  await setup.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: first }));
  const guarded = new AssociateAddressCommand({
    AllocationId,
    InstanceId: second,
    AllowReassociation: false,
  });
  expect((await failureOf(setup.ec2.send(guarded))).code).toBe('Resource.AlreadyAssociated');
  expect((await addressOf(setup, AllocationId))?.InstanceId).toBe(first);
});

test('an instance gives up its old address for a new one', async () => {
  const setup = await startRegion();
  const InstanceId = await setup.launchRunning();
  const [older, newer] = [await allocate(setup), await allocate(setup)];
  await setup.ec2.send(new AssociateAddressCommand({ AllocationId: older, InstanceId }));
  await setup.ec2.send(new AssociateAddressCommand({ AllocationId: newer, InstanceId }));
  expect((await addressOf(setup, older))?.InstanceId).toBeUndefined();
  expect((await addressOf(setup, newer))?.InstanceId).toBe(InstanceId);
});

test('an instance that does not run takes no address', async () => {
  const setup = await startRegion();
  const { InstanceId = '' } = await setup.launch();
  const AllocationId = await allocate(setup);
  const associate = (): Promise<unknown> =>
    setup.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId }));
  expect((await failureOf(associate())).code).toBe('InvalidInstanceID');
  await setup.clock.advance(40_000);
  await associate();
  await setup.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  expect((await addressOf(setup, AllocationId))?.AssociationId).toBeUndefined();
  expect((await failureOf(associate())).code).toBe('IncorrectInstanceState');
});

test('disassociating twice is no error, an association that never was is one', async () => {
  const setup = await startRegion();
  const InstanceId = await setup.launchRunning();
  const AllocationId = await allocate(setup);
  const { AssociationId } = await setup.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId }));
  const end = (id: string | undefined): Promise<unknown> =>
    setup.ec2.send(new DisassociateAddressCommand({ AssociationId: id }));
  expect((await failureOf(setup.ec2.send(new ReleaseAddressCommand({ AllocationId })))).code).toBe(
    'InvalidIPAddress.InUse',
  );
  await end(AssociationId);
  await end(AssociationId);
  expect((await failureOf(end('eipassoc-0'))).code).toBe('InvalidAssociationID.NotFound');
  await setup.ec2.send(new ReleaseAddressCommand({ AllocationId }));
  expect((await failureOf(addressOf(setup, AllocationId))).code).toBe('InvalidAllocationID.NotFound');
});
