import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { FindInstance, RpcResponse } from '@spotopt/contracts';
import { databaseDialects } from '@spotopt/testkit';
import { CLIENT, ReplicaWorld } from '../testing/replica-world.contract.js';

describe.each(databaseDialects())('finding a machine on %s', (dialect) => {
  let world: ReplicaWorld;
  let agentId: string;

  const find = (
    ec2InstanceId: string,
    clientId: string | null = CLIENT,
  ): Promise<RpcResponse<typeof FindInstance>> =>
    world.cases.manage.findInstance({ clientId, ec2InstanceId });

  beforeAll(async () => {
    world = await ReplicaWorld.open(dialect);
  });
  afterAll(() => world.test.cleanUp());
  beforeEach(async () => {
    await world.clear();
    ({ agentId } = (await world.register({ ec2InstanceId: 'i-0001' })).agent);
  });

  it('gives the workload that it serves', async () => {
    expect(await find('i-0001')).toMatchObject({
      found: { role: 'primary', agent: { agentId, clientId: CLIENT, ec2InstanceId: 'i-0001' } },
    });
    expect((await find('i-0001', null)).found?.agent.agentId).toBe(agentId);
  });

  it('gives the workload that it stands by for, and its own place', async () => {
    await world.standby(agentId, 'i-0002');
    expect(await find('i-0002')).toMatchObject({
      found: {
        role: 'standby',
        agent: { agentId, ec2InstanceId: 'i-0001', replicaCount: 1 },
        az: 'us-east-1b',
        poolId: 't3.medium.us-east-1b',
      },
    });
  });

  it('gives nothing for one that is foreign, unknown, left or of a deleted workload', async () => {
    expect(await find('i-0001', 'client-2')).toEqual({ found: null });
    expect(await find('i-0009')).toEqual({ found: null });
    const { replicaId } = await world.standby(agentId, 'i-0002');
    const scope = { clientId: CLIENT, agentRef: agentId };
    await world.cases.terminateReplica.execute({ ...scope, replicaId, requestedBy: 'test' });
    expect(await find('i-0002')).toEqual({ found: null });
    await world.cases.manage.delete(scope);
    expect(await find('i-0001')).toEqual({ found: null });
  });
});
