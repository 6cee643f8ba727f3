import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentRegisteredV1, InstanceRoleChangedV1 } from '@spotopt/contracts';
import { databaseDialects } from '@spotopt/testkit';
import { CLIENT, ReplicaWorld } from '../testing/replica-world.contract.js';

describe.each(databaseDialects())('registration on %s', (dialect) => {
  let world: ReplicaWorld;

  beforeAll(async () => {
    world = await ReplicaWorld.open(dialect);
  });
  afterAll(() => world.test.cleanUp());
  beforeEach(() => world.clear());

  it('makes the first machine the primary, under the logical agent’s own id', async () => {
    const { agent, created } = await world.register({ ec2InstanceId: 'i-0001' });
    expect(created).toBe(true);
    expect(agent).toMatchObject({ role: 'PRIMARY', enabled: true, epoch: 1, ec2InstanceId: 'i-0001' });
    expect(agent.agentKey).toBe(agent.agentId);
    expect((await world.agent(agent.agentId)).status).toBe('online');
    expect(await world.events(AgentRegisteredV1)).toEqual([
      expect.objectContaining({ data: expect.objectContaining({ role: 'PRIMARY', agentId: agent.agentId }) }),
    ]);
  });

  it('answers a machine that registers again as before', async () => {
    const first = await world.register({ ec2InstanceId: 'i-0001' });
    const second = await world.register({ ec2InstanceId: 'i-0001', agentVersion: '5.0.1' });
    expect(second.created).toBe(false);
    expect(second.agent.agentKey).toBe(first.agent.agentKey);
    expect((await world.agent(first.agent.agentId)).agentVersion).toBe('5.0.1');
    expect(await world.machines(first.agent.agentId)).toHaveLength(1);
  });

  it('makes the machine of a known standby a disabled replica with a key of its own', async () => {
    const { agent } = await world.register({ ec2InstanceId: 'i-0001' });
    const { replicaId } = await world.standby(agent.agentId, 'i-0002', { state: 'launching' });
    await world.update(agent.agentId, replicaId, { ec2InstanceId: 'i-0002' });
    const standby = await world.register({ ec2InstanceId: 'i-0002', az: 'us-east-1b' });
    expect(standby.agent).toMatchObject({ role: 'REPLICA', enabled: false, agentId: agent.agentId });
    expect(standby.agent.agentKey).not.toBe(agent.agentKey);
    expect((await world.machine('i-0002')).id).toBe(replicaId);
  });

  it('takes a machine that registers before its launcher named it for the standby that it is', async () => {
    const { agent } = await world.register({ ec2InstanceId: 'i-0001' });
    const { replicaId } = await world.standby(agent.agentId, 'i-0002', { state: 'launching' });
    const early = await world.register({ ec2InstanceId: 'i-0002', az: 'us-east-1b' });
    expect(early.agent.role).toBe('REPLICA');
    await world.update(agent.agentId, replicaId, { ec2InstanceId: 'i-0002' });
    expect(await world.machine('i-0002')).toMatchObject({ id: replicaId, state: 'syncing' });
    expect(await world.machines(agent.agentId)).toHaveLength(2);
    const again = await world.register({ ec2InstanceId: 'i-0002', az: 'us-east-1b' });
    expect(again.agent.agentKey).toBe(early.agent.agentKey);
  });

  it('keeps an unknown machine beside a living primary disabled', async () => {
    const { agent } = await world.register({ ec2InstanceId: 'i-0001' });
    const stranger = await world.register({ ec2InstanceId: 'i-0009', az: 'us-east-1c' });
    expect(stranger.agent).toMatchObject({
      role: 'REPLICA',
      enabled: false,
      agentId: agent.agentId,
      epoch: 1,
    });
    expect(await world.primary(agent.agentId)).toMatchObject({ ec2InstanceId: 'i-0001' });
  });

  it('knows a machine by its instance id, whatever logical id it claims', async () => {
    const { agent } = await world.register({ ec2InstanceId: 'i-0001' });
    const again = await world.register({ ec2InstanceId: 'i-0001', logicalAgentId: 'i-0001' });
    expect(again.agent.agentId).toBe(agent.agentId);
    expect(again.created).toBe(false);
  });

  it('refuses the machine of another client', async () => {
    await world.register({ ec2InstanceId: 'i-0001' });
    await expect(world.register({ ec2InstanceId: 'i-0001', clientId: 'client-2' })).rejects.toMatchObject({
      code: 'instance-of-another-client',
      kind: 'permanent',
    });
  });

  it('gives two clients with the same logical id an agent each', async () => {
    const one = await world.register({ ec2InstanceId: 'i-0001' });
    const two = await world.register({ ec2InstanceId: 'i-0002', clientId: 'client-2' });
    expect(two.created).toBe(true);
    expect(two.agent.agentId).not.toBe(one.agent.agentId);
  });

  it('founds a new agent with a primary when a machine of a deleted one registers again', async () => {
    const { agent } = await world.register({ ec2InstanceId: 'i-0001' });
    await world.cases.manage.delete({ clientId: CLIENT, agentRef: agent.agentId });
    const again = await world.register({ ec2InstanceId: 'i-0001' });
    expect(again.created).toBe(true);
    expect(again.agent.agentId).not.toBe(agent.agentId);
    expect(again.agent).toMatchObject({ role: 'PRIMARY', enabled: true });
    expect(await world.primary(again.agent.agentId)).toMatchObject({ ec2InstanceId: 'i-0001' });
    expect((await world.agent(agent.agentId)).status).toBe('deleted');
    await world.beat(again.agent.agentKey, 1);
    expect((await world.primary(again.agent.agentId)).confirmedEpoch).toBe(1);
  });

  it('leaves a machine that nobody asked for alone when the agent is deleted', async () => {
    const { agent } = await world.register({ ec2InstanceId: 'i-0001' });
    await world.register({ ec2InstanceId: 'i-0009', az: 'us-east-1c' });
    await world.cases.manage.delete({ clientId: CLIENT, agentRef: agent.agentId });
    expect(await world.commands('terminate_replica')).toEqual([]);
    expect((await world.machines(agent.agentId)).map((machine) => machine.ec2InstanceId)).toEqual(['i-0001']);
  });

  it('decides one primary when machines register at the same moment', async () => {
    const answers = await Promise.all(
      ['i-0001', 'i-0002', 'i-0003', 'i-0001'].map((ec2InstanceId) => world.register({ ec2InstanceId })),
    );
    const agentIds = new Set(answers.map(({ agent }) => agent.agentId));
    expect(agentIds.size).toBe(1);
    const [agentId = ''] = agentIds;
    const machines = await world.machines(agentId);
    expect(machines).toHaveLength(3);
    expect(machines.filter((machine) => machine.state === 'primary')).toHaveLength(1);
    const roles = (await world.events(InstanceRoleChangedV1)).map((event) => event.data.to);
    expect(roles.filter((role) => role === 'PRIMARY')).toHaveLength(1);
  });
});
