import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentOfflineV1, AgentOnlineV1, InstanceRoleChangedV1 } from '@spotopt/contracts';
import { databaseDialects } from '@spotopt/testkit';
import { ReplicaWorld } from '../testing/replica-world.contract.js';

describe.each(databaseDialects())('heartbeats on %s', (dialect) => {
  let world: ReplicaWorld;
  let agentId = '';

  beforeAll(async () => {
    world = await ReplicaWorld.open(dialect);
  });
  afterAll(() => world.test.cleanUp());
  beforeEach(async () => {
    await world.clear();
    agentId = (await world.register({ ec2InstanceId: 'i-0001' })).agent.agentId;
  });

  it('confirm the epoch once', async () => {
    expect(await world.beat(agentId, 1)).toEqual([agentId]);
    await world.clock.advance(1_000);
    expect(await world.beat(agentId, 1)).toEqual([]);
  });

  it('that arrive late change nothing', async () => {
    await world.clock.advance(60_000);
    await world.beat(agentId, 1);
    const late = {
      receivedAt: new Date(world.clock.nowMs() - 30_000).toISOString(),
      status: 'offline' as const,
    };
    await world.beat(agentId, 1, late);
    expect(await world.agent(agentId)).toMatchObject({
      status: 'online',
      lastHeartbeatAt: world.clock.now(),
    });
  });

  it('of a replica or a zombie say nothing about the workload', async () => {
    const { agentKey } = await world.standby(agentId, 'i-0002');
    await world.clock.advance(400_000);
    await world.beat(agentKey, 1);
    await world.cases.silence.execute();
    expect((await world.agent(agentId)).status).toBe('offline');
    await world.beat(agentKey, 1);
    expect((await world.agent(agentId)).status).toBe('offline');
    expect((await world.machine('i-0002')).lastHeartbeatAt).toEqual(world.clock.now());
  });

  it('bring a silent workload back, and its goodbye counts at once', async () => {
    await world.clock.advance(400_000);
    await world.cases.silence.execute();
    await world.cases.silence.execute();
    expect((await world.events(AgentOfflineV1)).map((event) => event.data.reason)).toEqual(['timeout']);
    await world.beat(agentId, 1);
    expect(await world.events(AgentOnlineV1)).toHaveLength(1);
    await world.clock.advance(1_000);
    await world.beat(agentId, 1, { status: 'offline' });
    expect((await world.events(AgentOfflineV1)).map((event) => event.data.reason)).toEqual([
      'timeout',
      'goodbye',
    ]);
  });

  it('of an agent without epochs confirm only when they came after its promotion', async () => {
    const legacy = await world.register({
      ec2InstanceId: 'i-0101',
      logicalAgentId: 'old-1',
      commandTypes: null,
    });
    await world.clock.advance(1_000);
    const before = new Date(world.clock.nowMs() - 2_000).toISOString();
    expect(await world.beat(legacy.agent.agentKey, null, { receivedAt: before })).toEqual([]);
    expect(await world.beat(legacy.agent.agentKey, null)).toEqual([legacy.agent.agentId]);
  });

  it('tell how a machine was bought, once, where its registration did not', async () => {
    const { agent } = await world.register({
      ec2InstanceId: 'i-0201',
      logicalAgentId: 'silent-1',
      mode: 'unknown',
    });
    const told = async () =>
      (await world.events(InstanceRoleChangedV1))
        .filter(({ data }) => data.agentId === agent.agentId)
        .slice(1);
    await world.beat(agent.agentKey, 1, { mode: 'spot' });
    await world.clock.advance(1_000);
    await world.beat(agent.agentKey, 1, { mode: 'spot' });
    expect((await told()).map(({ data }) => data)).toMatchObject([
      { from: 'PRIMARY', to: 'PRIMARY', epoch: 1, placement: { ec2InstanceId: 'i-0201', mode: 'spot' } },
    ]);
  });

  it('of unknown agents are ignored', async () => {
    expect(await world.beat('nobody', 7)).toEqual([]);
  });
});
