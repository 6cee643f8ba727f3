import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createEvent,
  InstanceTerminatedV1,
  InterruptionExpiredV1,
  ReplicaFailedV1,
  ReplicaLaunchedV1,
  ReplicaReadyV1,
  ReplicaRequestedV1,
} from '@spotopt/contracts';
import { databaseDialects } from '@spotopt/testkit';
import { UNASKED } from '../fleet/index.js';
import { CLIENT, ReplicaWorld } from '../testing/replica-world.contract.js';

const HOUR_MS = 3_600_000;
const POOL_B = 't3.medium.us-east-1b';

describe.each(databaseDialects())('standbys on %s', (dialect) => {
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

  const settings = (changes: Parameters<typeof world.cases.manage.changeSettings>[0]['changes']) =>
    world.cases.manage.changeSettings({ clientId: CLIENT, agentRef: agentId, changes });

  const live = async (): Promise<string[]> =>
    (await world.machines(agentId))
      .filter(({ state }) => ['launching', 'syncing', 'ready', 'promoting'].includes(state))
      .map(({ poolId }) => poolId);

  describe('that manual mode keeps', () => {
    it('are made, one at a time, and given up when it is turned off', async () => {
      await settings({ manualReplicaEnabled: true });
      await Promise.all([1, 2, 3].map(() => world.cases.keepStandby.execute(agentId)));
      expect(await live()).toEqual([POOL_B]);
      expect((await world.events(ReplicaRequestedV1)).map(({ data }) => data.replicaType)).toEqual([
        'manual',
      ]);
      await settings({ manualReplicaEnabled: false });
      await world.cases.keepStandby.sweep();
      expect(await live()).toEqual([]);
    });

    it('are replaced elsewhere, more slowly with each failure', async () => {
      await settings({ manualReplicaEnabled: true });
      await world.cases.keepStandby.sweep();
      const result = { code: 'capacity-insufficient' };
      await world.answer('create_replica', { success: false, message: 'no capacity', result });
      expect(await live()).toEqual([]);
      expect((await world.events(ReplicaFailedV1)).map(({ data }) => data.refused)).toEqual([true]);
      expect(await world.block(POOL_B)).toMatchObject({ failures: 1 });
      await world.cases.keepStandby.sweep();
      expect(await live()).toEqual([]);
      await world.clock.advance(31_000);
      await world.cases.keepStandby.sweep();
      expect(await live()).toEqual(['t3.medium.us-east-1c']);
    });

    it('are not blamed for an agent that does not answer', async () => {
      await settings({ manualReplicaEnabled: true });
      await world.cases.keepStandby.sweep();
      const [launch] = await world.commands('create_replica');
      if (launch !== undefined) await world.finish(world.expired(launch));
      expect(await live()).toEqual([]);
      expect(await world.block(POOL_B)).toBeNull();
      expect((await world.events(ReplicaFailedV1)).map(({ data }) => data.refused)).toEqual([false]);
    });

    it('that fail for want of rights, or are given up, are no refusal of the pool', async () => {
      await settings({ manualReplicaEnabled: true });
      await world.cases.keepStandby.sweep();
      const result = { code: 'aws-refused' };
      await world.answer('create_replica', { success: false, message: 'UnauthorizedOperation', result });
      // For others it is as good as before; for this one another pool comes next.
      expect(await world.block(POOL_B)).toBeNull();
      await world.clock.advance(31_000);
      await world.cases.keepStandby.sweep();
      expect(await live()).toEqual(['t3.medium.us-east-1c']);
      await settings({ manualReplicaEnabled: false });
      await world.cases.keepStandby.sweep();
      expect((await world.events(ReplicaFailedV1)).map(({ data }) => data.refused)).toEqual([false, false]);
    });

    it('are one, also when several ask at once', async () => {
      const ask = (requestId: string) =>
        world.cases.requestReplica.execute({
          ...{ clientId: CLIENT, agentRef: agentId, replicaType: 'automatic-rebalance', poolId: null },
          ...{ excludeZones: [], createdBy: 'test', requestId },
        });
      const answers = await Promise.all(['a', 'b', 'c', 'd'].map(ask));
      expect(await live()).toHaveLength(1);
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
    });

    it('are one, also when an agent reports another', async () => {
      await settings({ manualReplicaEnabled: true });
      await world.cases.keepStandby.sweep();
      const { replica, created } = await world.cases.adoptReplica.execute({
        clientId: CLIENT,
        agentRef: agentId,
        ec2InstanceId: 'i-0007',
        replicaType: 'manual',
        poolId: POOL_B,
        status: 'ready',
      });
      expect({ created, status: replica.status }).toEqual({ created: true, status: 'terminated' });
      expect(await live()).toHaveLength(1);
      await world.cases.retire.execute();
      expect(await world.commands('terminate_instance')).toEqual([
        expect.objectContaining({ ec2InstanceId: 'i-0007' }),
      ]);
    });

    it('are known for what they are when the machine registered before its launcher told of it', async () => {
      await world.register({ ec2InstanceId: 'i-0008', az: 'us-east-1b' });
      const adopt = () =>
        world.cases.adoptReplica.execute({
          ...{ clientId: CLIENT, agentRef: agentId, ec2InstanceId: 'i-0008', poolId: POOL_B },
          ...{ replicaType: 'automatic-rebalance', status: 'ready' },
        });
      expect((await world.machine('i-0008')).createdBy).toBe(UNASKED);
      expect(await adopt()).toMatchObject({ created: false });
      await adopt();
      const { createdBy, replicaType } = await world.machine('i-0008');
      expect({ createdBy, replicaType }).toEqual({ createdBy: 'agent', replicaType: 'automatic-rebalance' });
    });

    it('are not made for a disabled or deleted agent', async () => {
      await settings({ manualReplicaEnabled: true, enabled: false });
      await world.cases.keepStandby.sweep();
      await world.cases.manage.delete({ clientId: CLIENT, agentRef: agentId });
      await world.cases.keepStandby.execute(agentId);
      expect(await world.commands('create_replica')).toEqual([]);
    });
  });

  describe('and what agents report of them', () => {
    it('move forward only, and repeats change nothing', async () => {
      const { replicaId } = await world.standby(agentId, 'i-0002');
      await world.update(agentId, replicaId, { status: 'syncing' });
      await world.update(agentId, replicaId, { status: 'ready' });
      expect((await world.machine('i-0002')).state).toBe('ready');
      expect(await world.events(ReplicaReadyV1)).toHaveLength(1);
      expect(await world.events(ReplicaLaunchedV1)).toHaveLength(1);
    });

    it('are never ready without a machine', async () => {
      const { replicaId } = await world.standby(agentId, 'i-0002', { state: 'launching' });
      await expect(world.update(agentId, replicaId, { status: 'ready' })).rejects.toMatchObject({
        code: 'replica-without-instance',
      });
    });

    it('run on one machine', async () => {
      const { replicaId } = await world.standby(agentId, 'i-0002');
      await expect(world.update(agentId, replicaId, { ec2InstanceId: 'i-0003' })).rejects.toMatchObject({
        code: 'replica-has-instance',
      });
      const other = await world.register({
        ec2InstanceId: 'i-0501',
        logicalAgentId: 'x',
        clientId: 'client-2',
      });
      const second = await world.cases.requestReplica.execute({
        clientId: 'client-2',
        agentRef: other.agent.agentId,
        replicaType: 'switch',
        poolId: POOL_B,
        excludeZones: [],
        createdBy: 'test',
        requestId: null,
      });
      const foreign = world.cases.updateReplica.execute({
        clientId: 'client-2',
        agentRef: other.agent.agentId,
        replicaId: second.replica.replicaId,
        ec2InstanceId: 'i-0002',
        status: null,
        syncStatus: null,
        syncLatencyMs: null,
        stateTransferProgress: null,
        errorMessage: null,
      });
      await expect(foreign).rejects.toMatchObject({ code: 'instance-taken' });
    });

    it('are named by the launch command’s answer when the launcher’s report was lost', async () => {
      const { replicaId } = await world.standby(agentId, 'i-0002', { state: 'launching' });
      const [launch] = await world.commands('create_replica');
      const commandId = launch?.commandId ?? '';
      await world.cases.updateReplica.launched({ agentId, commandId, ec2InstanceId: 'i-0002' });
      await world.cases.updateReplica.launched({ agentId, commandId, ec2InstanceId: 'i-0003' });
      expect(await world.instance(replicaId)).toMatchObject({ ec2InstanceId: 'i-0002', state: 'syncing' });
    });

    it.each(['launching', 'syncing'] as const)(
      'are ended when they come to life after they were given up while %s',
      async (state) => {
        const { replicaId } = await world.standby(agentId, '', { state: 'launching' });
        if (state === 'syncing') await world.update(agentId, replicaId, { status: 'syncing' });
        await world.cases.terminateReplica.execute({
          clientId: CLIENT,
          agentRef: agentId,
          replicaId,
          requestedBy: 'ops',
        });
        expect((await world.instance(replicaId)).state).toBe('failed');
        await world.update(agentId, replicaId, { ec2InstanceId: 'i-0002' });
        expect(await world.instance(replicaId)).toMatchObject({ state: 'zombie', ec2InstanceId: 'i-0002' });
        expect(await world.commands('terminate_replica')).toEqual([
          expect.objectContaining({ ec2InstanceId: 'i-0002' }),
        ]);
      },
    );
  });

  describe('that nobody waits for', () => {
    it('go with the recommendation that warmed them', async () => {
      await world.standby(agentId, 'i-0002');
      const expired = createEvent(InterruptionExpiredV1, {
        id: world.eventId(),
        time: world.clock.now(),
        subject: agentId,
        data: { incidentId: 'incident-1', agentId, clientId: CLIENT, ec2InstanceId: 'i-0001' },
      });
      await world.cases.endUnwanted.incidentExpired(expired);
      expect((await world.machine('i-0002')).state).toBe('zombie');
    });

    it('go after two hours when a switch left them, and stay while one needs them or manual mode wants one', async () => {
      const { replicaId } = await world.standby(agentId, 'i-0002', { replicaType: 'switch' });
      await world.clock.advance(2 * HOUR_MS);
      await world.cases.endUnwanted.sweep();
      expect((await world.machine('i-0002')).state).toBe('ready');
      await world.clock.advance(1);

      await settings({ manualReplicaEnabled: true });
      await world.cases.endUnwanted.sweep();
      expect((await world.machine('i-0002')).state).toBe('ready');
      await settings({ manualReplicaEnabled: false });

      const switchId = await world.cases.failOver.execute(world.notice(agentId, 'i-0001'));
      await world.cases.endUnwanted.sweep();
      expect(await world.instance(replicaId)).toMatchObject({ state: 'ready' });
      await world.deps.uow.run(async (tx) => {
        const sw = await world.switchIn(tx, switchId ?? '');
        await world.switches.update(tx, sw, {
          status: 'failed',
          finishedAt: world.clock.now(),
          epochAfter: 1,
        });
      });
      await world.cases.endUnwanted.sweep();
      expect((await world.machine('i-0002')).state).toBe('zombie');
    });

    it('are forgotten, not ended, when nobody had asked for them and they fell silent', async () => {
      const { agent } = await world.register({ ec2InstanceId: 'i-0009', az: 'us-east-1c' });
      await world.clock.advance(23 * HOUR_MS);
      await world.beat(agent.agentKey, 1);
      await world.clock.advance(23 * HOUR_MS);
      await world.cases.endUnwanted.sweep();
      expect(await world.machines(agentId)).toHaveLength(2);
      await world.clock.advance(2 * HOUR_MS);
      await world.cases.endUnwanted.sweep();
      expect(await world.machines(agentId)).toHaveLength(1);
      expect(await world.commands()).toEqual([]);
    });

    it('are given up when they never get ready', async () => {
      await world.standby(agentId, 'i-0002', { state: 'syncing' });
      await world.clock.advance(20 * 60_000);
      await world.cases.endFailed.sweep();
      expect((await world.machine('i-0002')).state).toBe('zombie');
      expect(await world.block(POOL_B, CLIENT)).toMatchObject({ failures: 1 });
    });
  });

  describe('and old machines', () => {
    async function promoted(): Promise<string> {
      const { agentKey } = await world.standby(agentId, 'i-0002');
      await world.interrupt(world.notice(agentId, 'i-0001'));
      await world.answer('quiesce', { success: true });
      return agentKey;
    }
    const due = (agentRef: string) => world.cases.retire.toTerminate({ clientId: CLIENT, agentRef });

    it('are not ended before the new primary confirmed and the wait is over', async () => {
      await settings({ terminateWaitSeconds: 300 });
      const agentKey = await promoted();
      await world.clock.advance(HOUR_MS);
      await world.cases.retire.execute();
      expect(await world.commands('terminate_instance')).toEqual([]);
      expect((await due(agentKey)).instances).toEqual([]);
      await world.beat(agentKey, 2);
      await world.cases.retire.execute();
      expect(await world.commands('terminate_instance')).toEqual([
        expect.objectContaining({ ec2InstanceId: 'i-0001', agentKey, epoch: 2 }),
      ]);
      expect((await due(agentKey)).instances).toEqual([
        expect.objectContaining({ ec2InstanceId: 'i-0001', reason: 'zombie_timeout' }),
      ]);
      expect((await due(agentId)).instances).toEqual([]);
    });

    it('are asked for again until their end is reported, and then once more never', async () => {
      await settings({ terminateWaitSeconds: 0 });
      const agentKey = await promoted();
      await world.beat(agentKey, 2);
      const asked = async (): Promise<number> => {
        await world.cases.retire.execute();
        return (await world.commands('terminate_instance')).length;
      };
      expect(await asked()).toBe(1);
      expect(await asked()).toBe(1);
      await world.clock.advance(10 * 60_000);
      expect(await asked()).toBe(2);
      const endedAt = world.clock.now().toISOString();
      await world.cases.retire.ended({ agentId, ec2InstanceId: 'i-0001', endedAt });
      await world.cases.retire.ended({ agentId, ec2InstanceId: 'i-0001', endedAt });
      await world.clock.advance(10 * 60_000);
      expect(await asked()).toBe(2);
      expect(await world.events(InstanceTerminatedV1)).toHaveLength(1);
      expect((await world.machine('i-0001')).state).toBe('terminated');
    });

    it('are believed to be gone only on the word of their own workload, and never the primary', async () => {
      const other = await world.register({
        ec2InstanceId: 'i-0501',
        logicalAgentId: 'x',
        clientId: 'client-2',
      });
      const report = (clientId: string, agentRef: string, ec2InstanceId: string) =>
        world.cases.retire.report({
          clientId,
          agentRef,
          ec2InstanceId,
          success: true,
          error: null,
          terminatedAt: null,
        });
      await expect(report('client-2', other.agent.agentId, 'i-0001')).rejects.toMatchObject({
        code: 'instance-not-found',
      });
      await expect(report(CLIENT, agentId, 'i-0001')).rejects.toMatchObject({ code: 'instance-is-primary' });
      const endedAt = world.clock.now().toISOString();
      await world.cases.retire.ended({ agentId: other.agent.agentId, ec2InstanceId: 'i-0001', endedAt });
      await world.cases.retire.ended({ agentId, ec2InstanceId: 'i-0001', endedAt });
      expect((await world.primary(agentId)).ec2InstanceId).toBe('i-0001');
    });

    it('of a deleted agent are known to be gone when its last commands end', async () => {
      await world.standby(agentId, 'i-0002');
      await world.cases.manage.delete({ clientId: CLIENT, agentRef: agentId });
      expect(await world.commands('terminate_replica')).toHaveLength(1);
      await world.cases.retire.ended({
        agentId,
        ec2InstanceId: 'i-0002',
        endedAt: world.clock.now().toISOString(),
      });
      expect((await world.machine('i-0002')).state).toBe('terminated');
    });
  });
});
