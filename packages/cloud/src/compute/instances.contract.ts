import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Instances, LaunchRequest } from '@spotopt/cloud';
import { waitFor } from '@spotopt/testkit';

export interface InstancesUnderTest {
  readonly instances: Instances;
  /** A market in which nobody has room, until called again with `unlimited`. */
  setCapacity(poolId: string, available: 0 | 'unlimited'): void;
  /** The call of this EC2 operation has its effect, and then fails; once. */
  failOnceAfterActing(operation: string): void;
  throttleOnce(operation: string): void;
  readonly countInstances: () => number;
}

let token = 0;

function request(changes: Partial<LaunchRequest> = {}): LaunchRequest {
  token += 1;
  return {
    clientToken: `contract-${String(token)}`,
    instanceType: 't3.medium',
    az: 'us-east-1a',
    market: 'spot',
    imageId: 'ami-0123456789abcdef0',
    tags: { 'spotopt:managed': 'true', test: `launch-${String(token)}` },
    ...changes,
  };
}

/** What every implementation of `Instances` promises. */
export function instancesContract(setUp: () => Promise<InstancesUnderTest>): void {
  let env: InstancesUnderTest;
  let instances: Instances;

  beforeAll(async () => {
    env = await setUp();
    ({ instances } = env);
  });

  const stateOf = async (id: string): Promise<string | undefined> =>
    (await instances.describe({ ids: [id] }))[0]?.state;

  describe('launch', () => {
    it('starts one machine where and as asked, with its tags', async () => {
      const wanted = request({ userData: 'hello', iamInstanceProfile: 'agent' });
      const launched = await instances.launch(wanted);
      expect(launched).toMatchObject({ instanceType: 't3.medium', az: 'us-east-1a', market: 'spot' });
      const [found] = await instances.describe({ ids: [launched.ec2InstanceId] });
      expect(found).toMatchObject({
        ec2InstanceId: launched.ec2InstanceId,
        instanceType: 't3.medium',
        az: 'us-east-1a',
        market: 'spot',
        imageId: wanted.imageId,
        clientToken: wanted.clientToken,
        tags: wanted.tags,
      });
      expect(found?.launchedAt).toBeInstanceOf(Date);
    });

    it('gives the same machine for the same token', async () => {
      const wanted = request({ market: 'on-demand' });
      const first = await instances.launch(wanted);
      const before = env.countInstances();
      const second = await instances.launch(wanted);
      expect(second.ec2InstanceId).toBe(first.ec2InstanceId);
      expect(env.countInstances()).toBe(before);
      const [found] = await instances.describe({ clientToken: wanted.clientToken });
      expect(found?.market).toBe('on-demand');
    });

    it('calls other parameters under the same token a bug', async () => {
      const wanted = request();
      await instances.launch(wanted);
      await expect(instances.launch({ ...wanted, instanceType: 'm5.large' })).rejects.toMatchObject({
        code: 'idempotency-mismatch',
        kind: 'bug',
      });
    });

    it('says that a pool has no room, without asking it again', async () => {
      env.setCapacity('m5.large.us-east-1b', 0);
      const wanted = request({ instanceType: 'm5.large', az: 'us-east-1b' });
      await expect(instances.launch(wanted)).rejects.toMatchObject({ code: 'capacity-insufficient' });
      env.setCapacity('m5.large.us-east-1b', 'unlimited');
    });

    it('starts one machine when the answer to the first call is lost', async () => {
      const before = env.countInstances();
      env.failOnceAfterActing('RunInstances');
      const launched = await instances.launch(request());
      expect(env.countInstances()).toBe(before + 1);
      await expect(stateOf(launched.ec2InstanceId)).resolves.toMatch(/pending|running/);
    });

    it('gets over being throttled once', async () => {
      env.throttleOnce('RunInstances');
      await expect(instances.launch(request())).resolves.toHaveProperty('ec2InstanceId');
    });
  });

  describe('launchAnyOf', () => {
    it('starts one machine in a pool that has room and names those that refused', async () => {
      const launchTemplateId = await instances.ensureLaunchTemplate('workload', {
        imageId: 'ami-0123456789abcdef0',
        tags: {},
      });
      await expect(
        instances.ensureLaunchTemplate('workload', { imageId: 'ami-0123456789abcdef0', tags: {} }),
      ).resolves.toBe(launchTemplateId);
      env.setCapacity('t3.medium.us-east-1a', 0);
      const { launched, refusals } = await instances.launchAnyOf({
        clientToken: 'fleet-1',
        pools: [
          { instanceType: 't3.medium', az: 'us-east-1a' },
          { instanceType: 'm5.large', az: 'us-east-1c' },
        ],
        market: 'spot',
        launchTemplateId,
        tags: { fleet: 'one' },
      });
      env.setCapacity('t3.medium.us-east-1a', 'unlimited');
      expect(launched).toMatchObject({ instanceType: 'm5.large', az: 'us-east-1c', market: 'spot' });
      for (const refusal of refusals) expect(refusal.code).toBe('capacity-insufficient');
      await expect(instances.describe({ tags: { fleet: 'one' } })).resolves.toHaveLength(1);
    });

    it('answers without a machine when nobody has room', async () => {
      const launchTemplateId = await instances.ensureLaunchTemplate('workload', {
        imageId: 'ami-0123456789abcdef0',
        tags: {},
      });
      env.setCapacity('t3.medium.us-east-1a', 0);
      const { launched, refusals } = await instances.launchAnyOf({
        clientToken: 'fleet-2',
        pools: [{ instanceType: 't3.medium', az: 'us-east-1a' }],
        market: 'spot',
        launchTemplateId,
        tags: {},
      });
      env.setCapacity('t3.medium.us-east-1a', 'unlimited');
      expect(launched).toBeNull();
      expect(refusals).toHaveLength(1);
      expect(refusals[0]).toMatchObject({ instanceType: 't3.medium', az: 'us-east-1a', market: 'spot' });
      expect(refusals[0]?.code).toMatch(/^capacity-/);
    });
  });

  describe('reading', () => {
    it('leaves unknown ids out', async () => {
      const { ec2InstanceId } = await instances.launch(request());
      const ids = ['i-0000000000000dead', ec2InstanceId];
      const found = await instances.describe({ ids });
      expect(found.map((instance) => instance.ec2InstanceId)).toEqual([ec2InstanceId]);
      await waitFor(async () => (await instances.status(ids)).length === 1, { what: 'the status of one' });
    });

    it('calls a machine healthy when it runs and its checks passed', async () => {
      const { ec2InstanceId } = await instances.launch(request());
      const status = await waitFor(
        async () => (await instances.status([ec2InstanceId])).find((found) => found.healthy),
        { what: 'health' },
      );
      expect(status).toMatchObject({ ec2InstanceId, state: 'running', scheduledEvents: [] });
    });

    it('finds by tag and adds tags', async () => {
      const { ec2InstanceId } = await instances.launch(request());
      await instances.tag([ec2InstanceId], { colour: 'blue' });
      const found = await instances.describe({ tags: { colour: 'blue' } });
      expect(found.map((instance) => instance.ec2InstanceId)).toEqual([ec2InstanceId]);
      await expect(instances.tag(['i-0000000000000dead'], { a: 'b' })).rejects.toMatchObject({
        code: 'instance-not-found',
      });
    });

    it('finds a subnet of the same network in another zone', async () => {
      const { ec2InstanceId } = await instances.launch(request());
      const [found] = await instances.describe({ ids: [ec2InstanceId] });
      if (found === undefined || found.vpcId === null) return;
      const other = await instances.findSubnet(found.vpcId, 'us-east-1b');
      expect(other).toMatch(/^subnet-/);
      expect(other).not.toBe(found.subnetId);
      await expect(instances.findSubnet(found.vpcId, 'us-east-1z')).resolves.toBeNull();
    });
  });

  describe('terminate', () => {
    it('ends machines, and takes unknown and ended ones as gone', async () => {
      const { ec2InstanceId } = await instances.launch(request());
      const ids = [ec2InstanceId, 'i-0000000000000dead'];
      await expect(instances.terminate(ids)).resolves.toEqual([
        { ec2InstanceId, outcome: 'terminating' },
        { ec2InstanceId: 'i-0000000000000dead', outcome: 'already-gone' },
      ]);
      await waitFor(async () => (await stateOf(ec2InstanceId)) === 'terminated', { what: 'the end' });
      await expect(instances.terminate([ec2InstanceId])).resolves.toHaveLength(1);
    });
  });
}
