import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ReplicaPromotedV1 } from '@spotopt/contracts';
import { databaseDialects } from '@spotopt/testkit';
import { CLIENT, ReplicaWorld } from '../testing/replica-world.contract.js';

const MINUTE_MS = 60_000;

describe.each(databaseDialects())('a primary that is lost on %s', (dialect) => {
  let world: ReplicaWorld;
  let agentId = '';

  beforeAll(async () => {
    world = await ReplicaWorld.open(dialect);
  });
  afterAll(() => world.test.cleanUp());
  beforeEach(async () => {
    await world.clear();
    await world.prices({ a: 0.01, b: 0.012 });
    agentId = (await world.register({ ec2InstanceId: 'i-0001' })).agent.agentId;
    await world.beat(agentId, 1);
  });

  /** Time passes; the given installations keep talking. */
  async function pass(minutes: number, talking: readonly (readonly [string, number])[] = []): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      await world.clock.advance(MINUTE_MS);
      for (const [agentKey, epoch] of talking) await world.beat(agentKey, epoch);
      await world.cases.silence.execute();
      await world.cases.drive.sweep();
    }
  }

  it('is followed by the machine that somebody started instead, under a new epoch', async () => {
    await world.interrupt(world.notice(agentId, 'i-0001'));
    await pass(3);
    const newcomer = await world.register({ ec2InstanceId: 'i-0009', az: 'us-east-1c' });
    expect(newcomer.agent).toMatchObject({ role: 'REPLICA', enabled: false });
    await pass(4, [[newcomer.agent.agentKey, 1]]);

    expect(await world.primary(agentId)).toMatchObject({ ec2InstanceId: 'i-0009' });
    expect(await world.agent(agentId)).toMatchObject({ epoch: 2 });
    expect((await world.commands('promote')).at(-1)).toMatchObject({
      agentKey: newcomer.agent.agentKey,
      epoch: 2,
    });
    expect(await world.events(ReplicaPromotedV1)).toHaveLength(1);
    await world.answer('promote', { success: true });
    await world.beat(newcomer.agent.agentKey, 2);
    expect(await world.running(agentId)).toBeNull();
    expect((await world.machine('i-0001')).state).toBe('zombie');
    expect((await world.agent(agentId)).status).toBe('online');
  });

  it('is not given up while it speaks, while its time has not come, or on silence alone', async () => {
    const newcomer = await world.register({ ec2InstanceId: 'i-0009', az: 'us-east-1c' });
    await pass(20, [[newcomer.agent.agentKey, 1]]);
    expect((await world.agent(agentId)).status).toBe('offline');
    expect(await world.primary(agentId)).toMatchObject({ ec2InstanceId: 'i-0001' });

    await world.beat(agentId, 1);
    await world.interrupt(world.notice(agentId, 'i-0001'));
    await pass(10, [
      [newcomer.agent.agentKey, 1],
      [agentId, 1],
    ]);
    expect(await world.primary(agentId)).toMatchObject({ ec2InstanceId: 'i-0001' });
    expect((await world.agent(agentId)).epoch).toBe(1);
  });

  it('is not followed by a machine that is silent itself, nor for a disabled agent', async () => {
    await world.interrupt(world.notice(agentId, 'i-0001'));
    const newcomer = await world.register({ ec2InstanceId: 'i-0009', az: 'us-east-1c' });
    await pass(10);
    expect(await world.primary(agentId)).toMatchObject({ ec2InstanceId: 'i-0001' });
    await world.cases.manage.changeSettings({
      clientId: CLIENT,
      agentRef: agentId,
      changes: { enabled: false },
    });
    await pass(2, [[newcomer.agent.agentKey, 1]]);
    expect(await world.primary(agentId)).toMatchObject({ ec2InstanceId: 'i-0001' });
  });

  it('is fenced when it comes back after all', async () => {
    await world.interrupt(world.notice(agentId, 'i-0001'));
    const newcomer = await world.register({ ec2InstanceId: 'i-0009', az: 'us-east-1c' });
    await pass(8, [[newcomer.agent.agentKey, 1]]);
    expect((await world.agent(agentId)).epoch).toBe(2);
    await world.beat(agentId, 1);
    const back = await world.register({ ec2InstanceId: 'i-0001' });
    expect(back.agent).toMatchObject({ role: 'ZOMBIE', enabled: false, epoch: 2 });
  });

  it('stops the attempts to launch by a machine that is gone', async () => {
    await world.interrupt(world.notice(agentId, 'i-0001'));
    await pass(60);
    expect((await world.commands('create_replica')).length).toBeLessThanOrEqual(2);
    expect(await world.running(agentId)).toBeNull();
  });

  it('is followed by a ready standby when a person says so', async () => {
    const { replicaId, agentKey } = await world.standby(agentId, 'i-0002');
    await pass(6, [[agentKey, 1]]);
    const { switchId } = await world.cases.promoteByHand.execute({
      clientId: CLIENT,
      agentRef: agentId,
      replicaId,
      demoteOldPrimary: false,
      requestedBy: 'ops',
      requestId: null,
    });
    await world.cases.drive.now(switchId);
    expect((await world.primary(agentId)).id).toBe(replicaId);
    expect(await world.commands('quiesce')).toEqual([]);
  });

  describe('when it never confirmed', () => {
    async function promoted(): Promise<void> {
      const { replicaId } = await world.standby(agentId, 'i-0002');
      const { switchId } = await world.cases.promoteByHand.execute({
        clientId: CLIENT,
        agentRef: agentId,
        replicaId,
        demoteOldPrimary: false,
        requestedBy: 'ops',
        requestId: null,
      });
      await world.cases.drive.now(switchId);
      await world.answer('quiesce', { success: true });
    }

    it('gives the workload back to the old machine that still waits', async () => {
      await promoted();
      await pass(12, [[agentId, 1]]);
      expect(await world.primary(agentId)).toMatchObject({ ec2InstanceId: 'i-0001' });
      expect(await world.agent(agentId)).toMatchObject({ epoch: 3 });
      expect((await world.commands('promote')).at(-1)).toMatchObject({ agentKey: agentId, epoch: 3 });
      await world.beat(agentId, 3);
      await world.answer('promote', { success: true });
      expect(await world.running(agentId)).toBeNull();
      expect((await world.machine('i-0002')).state).toBe('zombie');
    });

    it('gives it to nobody who is silent', async () => {
      await promoted();
      await pass(20);
      expect(await world.primary(agentId)).toMatchObject({ ec2InstanceId: 'i-0002' });
      expect((await world.machine('i-0001')).state).toBe('zombie');
      expect(await world.commands('terminate_instance')).toEqual([]);
    });
  });
});
