import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  InstanceRoleChangedV1,
  ReplicaPromotedV1,
  SwitchFailedV1,
  SwitchFinishedV1,
  SwitchStartedV1,
} from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { changeRows } from '@spotopt/persistence';
import { databaseDialects } from '@spotopt/testkit';
import { CLIENT, ReplicaWorld } from '../testing/replica-world.contract.js';

describe.each(databaseDialects())('a change of primary on %s', (dialect) => {
  let world: ReplicaWorld;
  let agentId = '';
  let standby = { replicaId: '', agentKey: '' };

  beforeAll(async () => {
    world = await ReplicaWorld.open(dialect);
  });
  afterAll(() => world.test.cleanUp());
  beforeEach(async () => {
    await world.clear();
    await world.prices({ a: 0.02, b: 0.012 });
    agentId = (await world.register({ ec2InstanceId: 'i-0001' })).agent.agentId;
    await world.beat(agentId, 1);
    standby = await world.standby(agentId, 'i-0002');
  });

  async function promote(
    change: { demoteOldPrimary?: boolean; requestId?: string; replicaId?: string } = {},
  ) {
    const answer = await world.cases.promoteByHand.execute({
      clientId: CLIENT,
      agentRef: agentId,
      replicaId: standby.replicaId,
      demoteOldPrimary: false,
      requestedBy: 'ops',
      requestId: null,
      ...change,
    });
    await world.cases.drive.now(answer.switchId);
    return answer;
  }

  async function stopOld(): Promise<void> {
    await world.clock.advance(1_000);
    await world.answer('quiesce', {
      success: true,
      result: { servedUntil: world.clock.now().toISOString() },
    });
  }

  async function confirmNew(): Promise<void> {
    await world.clock.advance(1_500);
    await world.answer('promote', {
      success: true,
      result: { servingSince: world.clock.now().toISOString() },
    });
    await world.beat(standby.agentKey, 2);
  }

  it('demotes, promotes and raises the epoch in one commit, and ends with the confirmation', async () => {
    const { switchId } = await promote();
    expect((await world.machine('i-0002')).state).toBe('promoting');
    expect((await world.primary(agentId)).ec2InstanceId).toBe('i-0001');

    await stopOld();
    expect(await world.agent(agentId)).toMatchObject({ epoch: 2 });
    expect(await world.primary(agentId)).toMatchObject({ ec2InstanceId: 'i-0002', id: standby.replicaId });
    expect(await world.machine('i-0001')).toMatchObject({ state: 'zombie' });
    const [promoted] = await world.events(ReplicaPromotedV1);
    expect(promoted?.data).toMatchObject({ epoch: 2, primariesAfterCommit: 1, oldEc2InstanceId: 'i-0001' });
    expect((await world.commands('promote'))[0]).toMatchObject({ agentKey: standby.agentKey, epoch: 2 });
    expect(await world.events(SwitchFinishedV1)).toEqual([]);

    await confirmNew();
    expect(await world.switchRow(switchId)).toMatchObject({
      status: 'finished',
      step: 'finish',
      epochAfter: 2,
    });
    const [finished] = await world.events(SwitchFinishedV1);
    expect(finished?.data).toMatchObject({
      downtimeMs: 1_500,
      epoch: 2,
      oldUsdPerHour: 0.02,
      newUsdPerHour: 0.012,
    });
    expect(finished?.data.savingsUsdPerHour).toBeCloseTo(0.008, 6);
    const roles = (await world.events(InstanceRoleChangedV1)).map(({ data }) => [
      data.placement.ec2InstanceId,
      data.to,
    ]);
    expect(roles.slice(-2)).toEqual([
      ['i-0001', 'ZOMBIE'],
      ['i-0002', 'PRIMARY'],
    ]);
  });

  it('is refused a second PRIMARY by the database itself', async () => {
    const raw = world.deps.uow.run((tx) =>
      changeRows(tx, "UPDATE instance SET state = 'primary' WHERE ec2_instance_id = 'i-0002'"),
    );
    await expect(raw).rejects.toThrow();
    const inserted = world.deps.uow.run(async (tx) => {
      const primary = await world.primaryIn(tx, agentId);
      await world.fleet.insertInstance(tx, { ...primary, id: 'other', ec2InstanceId: 'i-0003' });
    });
    await expect(inserted).rejects.toMatchObject({ code: 'second-primary' });
    expect((await world.machines(agentId)).filter(({ state }) => state === 'primary')).toHaveLength(1);
  });

  it('leaves nothing behind when its transaction does not commit', async () => {
    const { switchId } = await promote();
    const promotion = world.deps.uow.run(async (tx) => {
      const sw = await world.switchIn(tx, switchId);
      const from = await world.primaryIn(tx, agentId);
      const to = await world.machineIn(tx, 'i-0002');
      const agent = await world.agentIn(tx, agentId);
      await world.cases.promotion.execute(tx, sw, { agent, from, to, fenced: true, detail: 'test' });
      throw new Error('crash before the commit');
    });
    await expect(promotion).rejects.toThrow('crash before the commit');
    expect(await world.agent(agentId)).toMatchObject({ epoch: 1 });
    expect(await world.events(ReplicaPromotedV1)).toEqual([]);
    expect(await world.commands('promote')).toEqual([]);
  });

  it('runs again when somebody changed a row in between', async () => {
    const { switchId } = await promote();
    const agent = await world.agent(agentId);
    let attempts = 0;
    await world.deps.uow.run(async (tx) => {
      attempts += 1;
      const sw = await world.switchIn(tx, switchId);
      const from = await world.primaryIn(tx, agentId);
      const to = await world.machineIn(tx, 'i-0002');
      const read = await world.agentIn(tx, agentId);
      const stale = attempts === 1 ? { ...read, version: read.version - 1 } : read;
      await world.cases.promotion.execute(tx, sw, { agent: stale, from, to, fenced: true, detail: 'test' });
    });
    expect(attempts).toBe(2);
    expect((await world.agent(agentId)).epoch).toBe(agent.epoch + 1);
    expect(await world.events(ReplicaPromotedV1)).toHaveLength(1);
  });

  it('goes on after a crash right behind the commit', async () => {
    const { switchId } = await promote();
    world.failpoints.armed = 'replica.promotion-committed';
    await expect(stopOld()).rejects.toThrow('crash at');
    expect((await world.agent(agentId)).epoch).toBe(2);
    await world.cases.drive.sweep();
    await confirmNew();
    expect((await world.switchRow(switchId)).status).toBe('finished');
    expect((await world.agent(agentId)).epoch).toBe(2);
    expect(await world.events(ReplicaPromotedV1)).toHaveLength(1);
  });

  it('answers the same request id with the same switch, and starts no second one beside it', async () => {
    const first = await promote({ requestId: 'request-1' });
    expect(await promote({ requestId: 'request-1' })).toEqual(first);
    await expect(promote({ requestId: 'request-2' })).rejects.toMatchObject({ code: 'replica-not-ready' });
    expect(await world.events(SwitchStartedV1)).toHaveLength(1);
  });

  it('keeps the old primary as a standby when asked to, with manual mode on or off', async () => {
    await promote({ demoteOldPrimary: true });
    await stopOld();
    await confirmNew();
    expect(await world.machine('i-0001')).toMatchObject({
      state: 'ready',
      replicaType: 'switch',
      createdBy: 'demotion',
    });
    await world.cases.keepStandby.sweep();
    await world.clock.advance(48 * 3_600_000);
    await world.cases.endUnwanted.sweep();
    expect((await world.machine('i-0001')).state).toBe('ready');
    expect(await world.commands('terminate_replica')).toEqual([]);
  });

  it('demotes in spite of another manual standby', async () => {
    await world.cases.manage.changeSettings({
      clientId: CLIENT,
      agentRef: agentId,
      changes: { manualReplicaEnabled: true },
    });
    const { replica } = await world.cases.adoptReplica.execute({
      clientId: CLIENT,
      agentRef: agentId,
      ec2InstanceId: 'i-0003',
      replicaType: 'manual',
      poolId: 't3.medium.us-east-1b',
      status: 'ready',
    });
    await promote({ demoteOldPrimary: true });
    await stopOld();
    await confirmNew();
    expect((await world.primary(agentId)).ec2InstanceId).toBe('i-0002');
    expect(await world.instance(replica.replicaId)).toMatchObject({ state: 'ready', replicaType: 'manual' });
    expect(await world.machine('i-0001')).toMatchObject({ state: 'ready', replicaType: 'switch' });
  });

  it('is rolled back when the old workload refuses to stop; a manual standby stays', async () => {
    await world.deps.uow.run(async (tx) => {
      const machine = await world.machineIn(tx, 'i-0002');
      await world.fleet.updateInstance(tx, machine, machine.state, { replicaType: 'manual' });
    });
    const { switchId } = await promote();
    await world.answer('quiesce', { success: false, message: 'hook failed' });
    expect(await world.switchRow(switchId)).toMatchObject({ status: 'failed', rolledBack: true });
    expect((await world.machine('i-0002')).state).toBe('ready');
    expect((await world.commands('resume'))[0]).toMatchObject({ agentKey: agentId, epoch: 1 });
    expect(await world.agent(agentId)).toMatchObject({ epoch: 1 });
    expect((await world.primary(agentId)).ec2InstanceId).toBe('i-0001');
    expect(await world.events(SwitchFailedV1)).toHaveLength(1);
  });

  it('is rolled back when the old workload does not answer; a standby of the switch goes', async () => {
    const { switchId } = await promote();
    await world.clock.advance(61_000);
    await world.cases.drive.sweep();
    expect((await world.switchRow(switchId)).status).toBe('failed');
    expect((await world.machine('i-0002')).state).toBe('zombie');
    expect(await world.commands('terminate_replica')).toHaveLength(1);
  });

  it('moves the address before it ends, again and again until that works', async () => {
    const target = { kind: 'elastic-ip' as const, allocationId: 'eipalloc-1' };
    await world.cases.manage.setTrafficTarget({ clientId: CLIENT, agentRef: agentId, target });
    const { switchId } = await promote();
    world.traffic.failure = AppError.transient('throttled', 'later');
    await expect(stopOld()).rejects.toMatchObject({ code: 'throttled' });
    await expect(confirmNew()).rejects.toMatchObject({ code: 'throttled' });
    expect((await world.switchRow(switchId)).status).toBe('running');
    world.traffic.failure = null;
    await world.cases.drive.sweep();
    expect(world.traffic.moves).toEqual(['i-0002']);
    await world.beat(standby.agentKey, 2);
    await world.cases.drive.sweep();
    expect((await world.switchRow(switchId)).status).toBe('finished');
  });

  it('does not block later switches for ever when the address cannot be moved', async () => {
    const target = { kind: 'elastic-ip' as const, allocationId: 'eipalloc-1' };
    await world.cases.manage.setTrafficTarget({ clientId: CLIENT, agentRef: agentId, target });
    const { switchId } = await promote();
    world.traffic.failure = AppError.permanent('traffic-target-not-found', 'released');
    await expect(stopOld()).rejects.toMatchObject({ code: 'traffic-target-not-found' });
    await world.clock.advance(11 * 60_000);
    await world.cases.drive.sweep();
    expect(await world.switchRow(switchId)).toMatchObject({ status: 'failed', rolledBack: false });
    expect(await world.running(agentId)).toBeNull();
    expect((await world.primary(agentId)).ec2InstanceId).toBe('i-0002');
  });

  it('fails and changes nothing when the agent was deleted meanwhile', async () => {
    const answer = await world.cases.requestSwitch.execute({
      clientId: CLIENT,
      agentRef: agentId,
      targetMode: 'spot',
      targetPoolId: 't3.medium.us-east-1b',
      trigger: 'manual',
      reason: 'test',
      requestedBy: 'ops',
      requestId: null,
    });
    await world.cases.manage.delete({ clientId: CLIENT, agentRef: agentId });
    await world.cases.drive.sweep();
    const switchId = answer.outcome === 'started' ? answer.switchId : '';
    expect(await world.switchRow(switchId)).toMatchObject({
      status: 'failed',
      error: 'the agent was deleted',
    });
    expect(await world.commands('create_replica')).toHaveLength(1);
    expect(await world.commands('quiesce')).toEqual([]);
  });
});
