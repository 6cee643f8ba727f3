import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ec2Connection, Ec2Instances } from '@spotopt/cloud';
import type { Simulator } from '@spotopt/simulator';
import { settingsFor, startSimulatedAws } from '../testing/simulated-aws.contract.js';
import { instancesContract } from './instances.contract.js';

let simulator: Simulator;
let connection: Ec2Connection;

beforeAll(async () => {
  simulator = await startSimulatedAws();
  connection = new Ec2Connection(settingsFor(simulator));
});

afterAll(async () => {
  await connection.close();
  await simulator.stop();
});

describe('Ec2Instances against the simulated region', () => {
  instancesContract(() => {
    const { region } = simulator;
    return Promise.resolve({
      instances: new Ec2Instances(connection),
      setCapacity: (poolId, available) => {
        region.setCapacity(poolId, available);
      },
      failOnceAfterActing: (operation) => {
        region.faults.add({ kind: 'fail-after', operation, times: 1 });
      },
      throttleOnce: (operation) => {
        region.faults.add({ kind: 'throttle', operation, times: 1 });
      },
      countInstances: () => region.instances.all().length,
    });
  });

  it('asks a pool without capacity only once', async () => {
    const { region } = simulator;
    region.setCapacity('m5.large.us-east-1a', 0);
    const before = region.faults.calls()['RunInstances'] ?? 0;
    await expect(
      new Ec2Instances(connection).launch({
        clientToken: 'once',
        instanceType: 'm5.large',
        az: 'us-east-1a',
        market: 'spot',
        imageId: 'ami-0123456789abcdef0',
        tags: {},
      }),
    ).rejects.toMatchObject({ code: 'capacity-insufficient' });
    expect(region.faults.calls()['RunInstances']).toBe(before + 1);
  });

  it('says that the cloud is not available when nobody answers', async () => {
    const nowhere = new Ec2Connection({
      ...settingsFor(simulator),
      endpoint: 'http://127.0.0.1:9',
      maxAttempts: 1,
    });
    await expect(new Ec2Instances(nowhere).describe({ ids: ['i-1'] })).rejects.toMatchObject({
      code: 'cloud-unavailable',
      kind: 'transient',
    });
    await nowhere.close();
  });
});
