import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ec2Connection, Ec2Instances, Ec2TrafficTargets } from '@spotopt/cloud';
import type { TrafficTarget } from '@spotopt/cloud';
import type { Simulator } from '@spotopt/simulator';
import { waitFor } from '@spotopt/testkit';
import { settingsFor, startSimulatedAws } from '../testing/simulated-aws.contract.js';

let simulator: Simulator;
let connection: Ec2Connection;
let targets: Ec2TrafficTargets;
let address: TrafficTarget;

beforeAll(async () => {
  simulator = await startSimulatedAws();
  connection = new Ec2Connection(settingsFor(simulator));
  targets = new Ec2TrafficTargets(connection);
  const { sdk, client } = await connection.open();
  const allocated = await client.send(new sdk.AllocateAddressCommand({ Domain: 'vpc' }));
  address = { kind: 'elastic-ip', allocationId: allocated.AllocationId ?? '' };
});

afterAll(async () => {
  await connection.close();
  await simulator.stop();
});

async function launchRunning(clientToken: string): Promise<string> {
  const instances = new Ec2Instances(connection);
  const { ec2InstanceId } = await instances.launch({
    clientToken,
    instanceType: 't3.medium',
    az: 'us-east-1a',
    market: 'spot',
    imageId: 'ami-0123456789abcdef0',
    tags: {},
  });
  await waitFor(async () => (await instances.describe({ ids: [ec2InstanceId] }))[0]?.state === 'running', {
    what: 'a running instance',
  });
  return ec2InstanceId;
}

describe('Ec2TrafficTargets', () => {
  it('moves an elastic address from one instance to another, any number of times', async () => {
    const [first, second] = [await launchRunning('eip-1'), await launchRunning('eip-2')];
    await expect(targets.holder(address)).resolves.toBeNull();
    await targets.move(address, first);
    await expect(targets.holder(address)).resolves.toBe(first);
    await targets.move(address, second);
    await targets.move(address, second);
    await expect(targets.holder(address)).resolves.toBe(second);
  });

  it('says that an address or an instance does not exist', async () => {
    await expect(targets.move(address, 'i-0000000000000dead')).rejects.toMatchObject({
      code: 'instance-not-found',
    });
    const gone: TrafficTarget = { kind: 'elastic-ip', allocationId: 'eipalloc-0000000000000dead' };
    await expect(targets.holder(gone)).rejects.toMatchObject({ code: 'traffic-target-not-found' });
  });

  it('does nothing for a workload without a target', async () => {
    await targets.move({ kind: 'none' }, 'i-0000000000000dead');
    await expect(targets.holder({ kind: 'none' })).resolves.toBeNull();
  });
});
