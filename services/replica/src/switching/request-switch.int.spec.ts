import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createEvent,
  type EventData,
  type RequestSwitch,
  type RpcRequest,
  SwitchProposedV1,
  SwitchReportedV1,
  SwitchStartedV1,
} from '@spotopt/contracts';
import { databaseDialects } from '@spotopt/testkit';
import { CLIENT, ReplicaWorld } from '../testing/replica-world.contract.js';

const POOL_A = 't3.medium.us-east-1a';
const POOL_B = 't3.medium.us-east-1b';

describe.each(databaseDialects())('wishes for a switch on %s', (dialect) => {
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

  const request = (change: Partial<RpcRequest<typeof RequestSwitch>> = {}) =>
    world.cases.requestSwitch.execute({
      clientId: CLIENT,
      agentRef: agentId,
      targetMode: 'spot',
      targetPoolId: POOL_B,
      trigger: 'manual',
      reason: 'test',
      requestedBy: 'ops',
      requestId: null,
      ...change,
    });

  const proposal = (change: Partial<EventData<typeof SwitchProposedV1>> = {}) =>
    createEvent(SwitchProposedV1, {
      id: world.eventId(),
      time: world.clock.now(),
      subject: agentId,
      data: {
        decisionId: 'decision-1',
        agentId,
        clientId: CLIENT,
        fromEc2InstanceId: 'i-0001',
        targetMode: 'spot',
        targetPoolId: POOL_B,
        reason: 'cheaper',
        expectedSavingsUsdPerHour: 0.01,
        expiresAt: new Date(world.clock.nowMs() + 60_000).toISOString(),
        ...change,
      },
    });

  it('are started once per request id', async () => {
    const first = await request({ requestId: 'r-1' });
    expect(first.outcome).toBe('started');
    expect(await request({ requestId: 'r-1' })).toEqual(first);
    expect(await request({ requestId: 'r-2' })).toMatchObject({
      outcome: 'refused',
      code: 'switch-under-way',
    });
    expect(await world.events(SwitchStartedV1)).toHaveLength(1);
  });

  it('are one at a time, also when they come at the same moment', async () => {
    const answers = await Promise.allSettled([request(), request(), request()]);
    const started = answers.filter(
      (answer) => answer.status === 'fulfilled' && answer.value.outcome === 'started',
    );
    expect(started).toHaveLength(1);
    expect(await world.events(SwitchStartedV1)).toHaveLength(1);
  });

  it('are refused for reasons that can be read', async () => {
    expect(await request({ targetPoolId: POOL_A })).toMatchObject({ code: 'already-there' });
    await expect(request({ targetPoolId: null })).rejects.toMatchObject({ code: 'invalid-target' });
    await expect(request({ targetPoolId: 't3.medium.eu-west-1a' })).rejects.toMatchObject({
      code: 'invalid-target',
    });
    await world.cases.manage.changeSettings({
      clientId: CLIENT,
      agentRef: agentId,
      changes: { enabled: false },
    });
    expect(await request()).toMatchObject({ code: 'agent-disabled' });
  });

  it('use a ready standby of the wanted pool, but not a machine that nobody asked for', async () => {
    const stranger = await world.register({ ec2InstanceId: 'i-0009', az: 'us-east-1b' });
    await world.update(stranger.agent.agentKey, (await world.machine('i-0009')).id, { status: 'ready' });
    const answer = await request();
    const sw = await world.switchRow(answer.outcome === 'started' ? answer.switchId : null);
    expect(sw.toInstanceId).toBeNull();
  });

  it('of the decision engine are taken once, and not when stale, refused or late', async () => {
    expect(await world.cases.requestSwitch.propose(proposal({ fromEc2InstanceId: 'i-0099' }))).toBeNull();
    const late = { expiresAt: world.clock.now().toISOString() };
    expect(await world.cases.requestSwitch.propose(proposal(late))).toBeNull();
    const event = proposal();
    const switchId = await world.cases.requestSwitch.propose(event);
    expect(await world.switchRow(switchId)).toMatchObject({ trigger: 'model', decisionId: 'decision-1' });
    expect(await world.cases.requestSwitch.propose(event)).toBeNull();
    expect(await world.cases.requestSwitch.propose(proposal())).toBeNull();
    expect(await world.events(SwitchStartedV1)).toHaveLength(1);
  });

  it('of the decision engine obey the limits and the blocked pools', async () => {
    const until = new Date(world.clock.nowMs() + 60_000);
    await world.deps.uow.run((tx) =>
      world.pools.saveBlock(tx, { poolId: POOL_B, until, failures: 1, reason: 'test' }, null),
    );
    expect(await world.cases.requestSwitch.propose(proposal())).toBeNull();
    await world.clock.advance(60_001);
    await world.cases.manage.changeSettings({
      clientId: CLIENT,
      agentRef: agentId,
      changes: { autoSwitchEnabled: false },
    });
    expect(await world.cases.requestSwitch.propose(proposal())).toBeNull();
  });

  it('and everything else of a tenant look like missing to another one', async () => {
    const { replicaId } = await world.standby(agentId, 'i-0002');
    const foreign = { clientId: 'client-2', agentRef: agentId };
    const missing = { code: 'agent-not-found', kind: 'permanent' };
    const { cases } = world;
    await expect(request(foreign)).rejects.toMatchObject(missing);
    await expect(cases.manage.config(foreign)).rejects.toMatchObject(missing);
    await expect(
      cases.manage.changeSettings({ ...foreign, changes: { enabled: false } }),
    ).rejects.toMatchObject(missing);
    await expect(cases.manage.setTrafficTarget({ ...foreign, target: null })).rejects.toMatchObject(missing);
    await expect(cases.manage.delete(foreign)).rejects.toMatchObject(missing);
    await expect(cases.retire.toTerminate(foreign)).rejects.toMatchObject(missing);
    const list = { ...foreign, status: null, includeTerminated: true };
    await expect(cases.listReplicas.execute(list)).rejects.toMatchObject(missing);
    const by = { replicaId, requestedBy: 'them' };
    await expect(cases.terminateReplica.execute({ ...foreign, ...by })).rejects.toMatchObject(missing);
    const promotion = { ...foreign, ...by, demoteOldPrimary: false, requestId: null };
    await expect(cases.promoteByHand.execute(promotion)).rejects.toMatchObject(missing);
    expect(await cases.manage.resolve(foreign)).toBeNull();
    expect((await cases.manage.list({ clientId: 'client-2', includeDeleted: true })).agents).toEqual([]);

    const own = await world.register({ ec2InstanceId: 'i-0501', logicalAgentId: 'x', clientId: 'client-2' });
    const mixed = { clientId: 'client-2', agentRef: own.agent.agentId, ...by };
    await expect(cases.terminateReplica.execute(mixed)).rejects.toMatchObject({ code: 'replica-not-found' });
    expect((await world.machine('i-0002')).state).toBe('ready');
  });

  describe('that a v4 agent carries out by itself', () => {
    const place = { instanceType: 't3.medium', region: 'us-east-1', mode: 'spot', amiId: null } as const;
    let legacyId = '';

    beforeEach(async () => {
      const legacy = { logicalAgentId: 'old-1', commandTypes: null };
      legacyId = (await world.register({ ec2InstanceId: 'i-0101', ...legacy })).agent.agentId;
      await world.beat(legacyId, null);
    });

    const report = (oldId: string, newId: string) =>
      createEvent(SwitchReportedV1, {
        id: world.eventId(),
        time: world.clock.now(),
        subject: legacyId,
        data: {
          reportId: world.eventId(),
          agentKey: legacyId,
          agentId: legacyId,
          clientId: CLIENT,
          old: { ...place, ec2InstanceId: oldId, az: 'us-east-1a', poolId: POOL_A },
          new: { ...place, ec2InstanceId: newId, az: 'us-east-1b', poolId: POOL_B },
          onDemandUsdPerHour: null,
          oldSpotUsdPerHour: null,
          newSpotUsdPerHour: null,
          initiatedAt: null,
          imageCreatedAt: null,
          launchedAt: null,
          readyAt: null,
          trafficSwitchedAt: world.clock.now().toISOString(),
          oldTerminatedAt: null,
          receivedAt: world.clock.now().toISOString(),
          body: {},
        },
      });

    it('is commanded with the one command it knows, and adopted when it reports', async () => {
      const answer = await request({ agentRef: legacyId });
      const switchId = answer.outcome === 'started' ? answer.switchId : '';
      await world.cases.drive.now(switchId);
      expect((await world.commands()).map(({ commandType }) => commandType)).toEqual(['switch']);
      const event = report('i-0101', 'i-0102');
      expect(await world.cases.adoptSwitch.execute(event)).toBe(switchId);
      expect(await world.cases.adoptSwitch.execute(event)).toBeNull();
      expect(await world.primary(legacyId)).toMatchObject({ ec2InstanceId: 'i-0102', poolId: POOL_B });
      const { agent } = await world.register({
        ec2InstanceId: 'i-0102',
        az: 'us-east-1b',
        logicalAgentId: 'i-0102',
        commandTypes: null,
      });
      expect(agent).toMatchObject({ agentId: legacyId, role: 'PRIMARY', enabled: true, epoch: 2 });
      await world.beat(agent.agentKey, null);
      expect((await world.switchRow(switchId)).status).toBe('finished');
    });

    it('is adopted when nobody asked for it, also after the new machine registered', async () => {
      const early = await world.register({
        ec2InstanceId: 'i-0102',
        logicalAgentId: 'old-1',
        commandTypes: null,
      });
      expect(early.agent.role).toBe('REPLICA');
      const switchId = await world.cases.adoptSwitch.execute(report('i-0101', 'i-0102'));
      expect(await world.switchRow(switchId)).toMatchObject({
        trigger: 'manual',
        requestedBy: 'agent',
        epochAfter: 2,
      });
      expect((await world.primary(legacyId)).ec2InstanceId).toBe('i-0102');
    });

    it('is not believed about foreign machines, the old one itself, or a primary of the past', async () => {
      const other = await world.register({
        ec2InstanceId: 'i-0501',
        logicalAgentId: 'x',
        clientId: 'client-2',
      });
      expect(await world.cases.adoptSwitch.execute(report('i-0101', 'i-0501'))).toBeNull();
      expect(await world.cases.adoptSwitch.execute(report('i-0101', 'i-0101'))).toBeNull();
      expect(await world.cases.adoptSwitch.execute(report('i-0100', 'i-0102'))).toBeNull();
      expect(await world.primary(other.agent.agentId)).toMatchObject({ ec2InstanceId: 'i-0501' });
      expect(await world.primary(legacyId)).toMatchObject({ ec2InstanceId: 'i-0101' });
      expect((await world.agent(legacyId)).epoch).toBe(1);
    });
  });
});
