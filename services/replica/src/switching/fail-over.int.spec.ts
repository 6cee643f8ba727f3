import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ReplicaFailedV1, SwitchFailedV1, SwitchFinishedV1, SwitchStartedV1 } from '@spotopt/contracts';
import { databaseDialects } from '@spotopt/testkit';
import { CLIENT, ReplicaWorld } from '../testing/replica-world.contract.js';

const POOL_B = 't3.medium.us-east-1b';

describe.each(databaseDialects())('failover on %s', (dialect) => {
  let world: ReplicaWorld;
  let agentId = '';

  beforeAll(async () => {
    world = await ReplicaWorld.open(dialect);
  });
  afterAll(() => world.test.cleanUp());
  beforeEach(async () => {
    await world.clear();
    await world.prices({ a: 0.01, b: 0.012, c: 0.013 });
    agentId = (await world.register({ ec2InstanceId: 'i-0001' })).agent.agentId;
    await world.beat(agentId, 1);
  });

  const planned = async (targetPoolId = POOL_B): Promise<string> => {
    const answer = await world.cases.requestSwitch.execute({
      clientId: CLIENT,
      agentRef: agentId,
      targetMode: 'spot',
      targetPoolId,
      trigger: 'manual',
      reason: 'test',
      requestedBy: 'ops',
      requestId: null,
    });
    if (answer.outcome !== 'started') throw new Error(answer.reason);
    await world.cases.drive.now(answer.switchId);
    return answer.switchId;
  };

  it('promotes a ready standby, whatever the settings say', async () => {
    await world.cases.manage.changeSettings({
      clientId: CLIENT,
      agentRef: agentId,
      changes: { autoSwitchEnabled: false, autoReplicaEnabled: false, maxSwitchesPerDay: 0 },
    });
    const { agentKey } = await world.standby(agentId, 'i-0002');
    const switchId = await world.interrupt(world.notice(agentId, 'i-0001'));
    await world.answer('quiesce', { success: true });
    await world.answer('promote', { success: true });
    await world.beat(agentKey, 2);
    expect(await world.switchRow(switchId)).toMatchObject({ status: 'finished', trigger: 'emergency' });
    const [finished] = await world.events(SwitchFinishedV1);
    expect(finished).toMatchObject({ correlation: 'incident-1', data: { incidentId: 'incident-1' } });
    expect(await world.commands('create_replica')).toHaveLength(1);
  });

  it('promotes it without the old workload’s word when time runs out', async () => {
    await world.standby(agentId, 'i-0002');
    await world.interrupt(world.notice(agentId, 'i-0001'));
    await world.clock.advance(79_000);
    await world.cases.drive.sweep();
    expect((await world.primary(agentId)).ec2InstanceId).toBe('i-0001');
    await world.clock.advance(1_000);
    await world.cases.drive.sweep();
    expect(await world.primary(agentId)).toMatchObject({ ec2InstanceId: 'i-0002' });
    expect((await world.agent(agentId)).epoch).toBe(2);
  });

  it('leaves a disabled agent alone', async () => {
    await world.cases.manage.changeSettings({
      clientId: CLIENT,
      agentRef: agentId,
      changes: { enabled: false },
    });
    expect(await world.interrupt(world.notice(agentId, 'i-0001'))).toBeNull();
    expect(await world.events(SwitchStartedV1)).toEqual([]);
  });

  it('waits for a standby that warms up', async () => {
    const { replicaId } = await world.standby(agentId, 'i-0002', { state: 'syncing' });
    const switchId = await world.interrupt(world.notice(agentId, 'i-0001'));
    expect(await world.switchRow(switchId)).toMatchObject({ toInstanceId: replicaId, step: 'plan' });
    await world.ready(agentId, replicaId);
    await world.cases.drive.agentChanged(agentId);
    expect(await world.switchRow(switchId)).toMatchObject({ step: 'quiesce' });
    expect(await world.commands('create_replica')).toHaveLength(1);
  });

  it('launches elsewhere without a standby, and blocks the pool that was taken', async () => {
    const switchId = await world.interrupt(world.notice(agentId, 'i-0001'));
    expect(await world.switchRow(switchId)).toMatchObject({ targetPoolId: POOL_B, step: 'launch' });
    expect((await world.commands('create_replica'))[0]).toMatchObject({ poolId: POOL_B, priority: 100 });
    expect(await world.block('t3.medium.us-east-1a')).toMatchObject({ failures: 1 });
  });

  it('starts once, however often and under however many ids the incident is announced', async () => {
    await world.standby(agentId, 'i-0002');
    const event = world.notice(agentId, 'i-0001');
    const switchId = await world.interrupt(event);
    expect(await world.interrupt(event)).toBeNull();
    await world.clock.advance(5_000);
    expect(await world.interrupt(world.notice(agentId, 'i-0001'))).toBe(switchId);
    expect(await world.events(SwitchStartedV1)).toHaveLength(1);
    expect(await world.commands('quiesce')).toHaveLength(1);
    expect(await world.block('t3.medium.us-east-1a')).toMatchObject({ failures: 1 });
  });

  it('does nothing about a machine that was the primary once', async () => {
    const { agentKey } = await world.standby(agentId, 'i-0002');
    await world.interrupt(world.notice(agentId, 'i-0001'));
    await world.answer('quiesce', { success: true });
    await world.answer('promote', { success: true });
    await world.beat(agentKey, 2);
    expect(await world.interrupt(world.notice(agentId, 'i-0001'))).toBeNull();
    expect((await world.agent(agentId)).epoch).toBe(2);
  });

  it('gives up a standby that gets a notice, and nothing else', async () => {
    await world.standby(agentId, 'i-0002');
    expect(await world.interrupt(world.notice(agentId, 'i-0002'))).toBeNull();
    expect((await world.machine('i-0002')).state).toBe('zombie');
    expect((await world.events(ReplicaFailedV1))[0]?.data.reason).toBe('interrupted by AWS');
    expect((await world.primary(agentId)).ec2InstanceId).toBe('i-0001');
    expect(await world.block(POOL_B)).toMatchObject({ failures: 1 });
  });

  it('looks for another standby when the one that takes over is taken itself', async () => {
    await world.standby(agentId, 'i-0002');
    const first = await world.interrupt(world.notice(agentId, 'i-0001'));
    await world.interrupt(world.notice(agentId, 'i-0002', { incidentId: 'incident-2' }));
    expect(await world.switchRow(first)).toMatchObject({ status: 'failed' });
    const second = await world.running(agentId);
    expect(second).toMatchObject({ trigger: 'emergency', incidentId: 'incident-1' });
    expect((await world.commands('create_replica')).at(-1)).toMatchObject({ poolId: 't3.medium.us-east-1c' });
  });

  it('turns a planned switch into the failover, with a standby that is nearer to ready', async () => {
    const { replicaId } = await world.standby(agentId, 'i-0002', { poolId: POOL_B });
    const switchId = await planned('t3.medium.us-east-1c');
    const launch = (await world.commands('create_replica')).at(-1);
    expect(launch).toMatchObject({ poolId: 't3.medium.us-east-1c' });
    expect(await world.interrupt(world.notice(agentId, 'i-0001'))).toBe(switchId);
    expect(await world.switchRow(switchId)).toMatchObject({
      trigger: 'emergency',
      toInstanceId: replicaId,
      step: 'quiesce',
    });
    if (launch !== undefined)
      await world.finish(world.completed(launch, { success: false, message: 'no capacity' }));
    expect(await world.switchRow(switchId)).toMatchObject({ status: 'running', launchFailure: null });
    await world.answer('quiesce', { success: true });
    expect((await world.primary(agentId)).id).toBe(replicaId);
  });

  it('starts anew when the new primary is taken before it confirmed', async () => {
    await world.standby(agentId, 'i-0002');
    const first = await world.interrupt(world.notice(agentId, 'i-0001'));
    await world.answer('quiesce', { success: true });
    expect((await world.primary(agentId)).ec2InstanceId).toBe('i-0002');
    const second = await world.interrupt(world.notice(agentId, 'i-0002', { incidentId: 'incident-2' }));
    expect(await world.switchRow(first)).toMatchObject({ status: 'failed', rolledBack: false });
    expect(second).not.toBe(first);
    const running = await world.running(agentId);
    expect(running).toMatchObject({ id: second, incidentId: 'incident-2' });
    expect(running?.fromInstanceId).toBe((await world.machine('i-0002')).id);
  });

  it('blocks a pool that refuses, and goes elsewhere', async () => {
    await world.interrupt(world.notice(agentId, 'i-0001'));
    await world.answer('create_replica', { success: false, message: 'InsufficientInstanceCapacity' });
    const commands = await world.commands('create_replica');
    expect(commands.map((command) => ('poolId' in command ? command.poolId : ''))).toEqual([
      POOL_B,
      't3.medium.us-east-1c',
    ]);
    expect(await world.block(POOL_B)).toMatchObject({ failures: 1 });
  });

  it('tries ever more slowly, also when the process died before it could try again', async () => {
    await world.interrupt(world.notice(agentId, 'i-0001', { deadlineAt: inHours(world, 2) }));
    const launches = async (): Promise<number> => (await world.commands('create_replica')).length;
    await world.answer('create_replica', { success: false });
    expect(await launches()).toBe(2);
    await world.answer('create_replica', { success: false });
    expect(await launches()).toBe(2);
    await world.cases.drive.sweep();
    expect(await launches()).toBe(2);
    await world.clock.advance(10_000);
    await world.cases.drive.sweep();
    expect(await launches()).toBe(3);
    expect(world.failures).toEqual([]);
  });

  it('does not spin when the agent can neither launch nor switch', async () => {
    const { agent } = await world.register({
      ec2InstanceId: 'i-0101',
      logicalAgentId: 'mute',
      commandTypes: [],
    });
    await world.interrupt(world.notice(agent.agentId, 'i-0101'));
    expect((await world.events(SwitchFailedV1)).length).toBeLessThanOrEqual(2);
  });

  it('starts nothing anew for an agent that was deleted', async () => {
    await world.interrupt(world.notice(agentId, 'i-0001'));
    await world.cases.manage.delete({ clientId: CLIENT, agentRef: agentId });
    await world.cases.drive.sweep();
    await world.clock.advance(60_000);
    await world.cases.drive.sweep();
    expect(await world.running(agentId)).toBeNull();
    expect(await world.events(SwitchStartedV1)).toHaveLength(1);
    expect(await world.interrupt(world.notice(agentId, 'i-0001'))).toBeNull();
  });

  it('launches an on-demand machine when even the own zone is the only one', async () => {
    await world.clear();
    const { agent } = await world.register({ ec2InstanceId: 'i-0201', mode: 'ondemand' });
    await world.interrupt(world.notice(agent.agentId, 'i-0201'));
    expect((await world.commands('create_replica'))[0]).toMatchObject({
      poolId: 't3.medium.us-east-1a',
      targetMode: 'ondemand',
    });
  });

  describe('a recommendation', () => {
    const warn = (risk: number | null = 0.3) => world.notice(agentId, 'i-0001', { urgency: 'warn', risk });

    it('warms one standby from a risk of 0.30, and does not move the workload', async () => {
      await world.interrupt(warn(0.29));
      expect(await world.commands('create_replica')).toEqual([]);
      await world.interrupt(warn());
      await world.interrupt(warn());
      expect(await world.commands('create_replica')).toHaveLength(1);
      expect(await world.events(SwitchStartedV1)).toEqual([]);
      expect(await world.block('t3.medium.us-east-1a')).toBeNull();
    });

    it('warms none when automatic replicas are off', async () => {
      await world.cases.manage.changeSettings({
        clientId: CLIENT,
        agentRef: agentId,
        changes: { autoReplicaEnabled: false },
      });
      await world.interrupt(warn(0.9));
      expect(await world.commands('create_replica')).toEqual([]);
    });
  });

  it('ignores what is said about a foreign machine', async () => {
    const other = await world.register({
      ec2InstanceId: 'i-0501',
      logicalAgentId: 'x',
      clientId: 'client-2',
    });
    expect(await world.interrupt(world.notice(agentId, 'i-0501'))).toBeNull();
    expect(await world.interrupt(world.notice(agentId, 'i-9999'))).toBeNull();
    expect(await world.running(other.agent.agentId)).toBeNull();
  });

  it('fails over many agents of one pool at the same time', async () => {
    const agents = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const ec2InstanceId = `i-1${String(index).padStart(3, '0')}`;
        const { agent } = await world.register({ ec2InstanceId, logicalAgentId: `storm-${String(index)}` });
        return { ec2InstanceId, id: agent.agentId, incidentId: `incident-${String(index)}` };
      }),
    );
    await Promise.all(
      agents.map(({ id, ec2InstanceId, incidentId }) =>
        world.interrupt(world.notice(id, ec2InstanceId, { incidentId })),
      ),
    );
    expect(await world.events(SwitchStartedV1)).toHaveLength(12);
    expect(await world.block('t3.medium.us-east-1a')).not.toBeNull();
  });
});

function inHours(world: ReplicaWorld, hours: number): string {
  return new Date(world.clock.nowMs() + hours * 3_600_000).toISOString();
}
