import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEvent, type EventData, type EventOf, StandbyProposedV1 } from '@spotopt/contracts';
import { changeRows } from '@spotopt/persistence';
import { databaseDialects } from '@spotopt/testkit';
import { CLIENT, ReplicaWorld } from '../testing/replica-world.contract.js';

const B = 't3.medium.us-east-1b';
const C = 't3.medium.us-east-1c';
const HOUR_MS = 3_600_000;

describe.each(databaseDialects())('standbys that the decision engine asks for on %s', (dialect) => {
  let world: ReplicaWorld;
  let agentId = '';
  let told = 0;

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

  const proposed = (
    poolId: string | null,
    change: Partial<EventData<typeof StandbyProposedV1>> = {},
  ): EventOf<typeof StandbyProposedV1> => {
    told += 1;
    return createEvent(StandbyProposedV1, {
      id: `proposal-${String(told)}`,
      time: world.clock.now(),
      subject: agentId,
      data: {
        decisionId: `decision-${String(told)}`,
        agentId,
        clientId: CLIENT,
        fromEc2InstanceId: 'i-0001',
        standby: poolId === null ? null : { mode: 'spot', poolId },
        reason: 'it pays',
        expiresAt: new Date(world.clock.nowMs() + 600_000).toISOString(),
        ...change,
      },
    });
  };
  const propose = (...args: Parameters<typeof proposed>): Promise<void> =>
    world.cases.followAdvice.propose(proposed(...args));
  const settings = (changes: Parameters<typeof world.cases.manage.changeSettings>[0]['changes']) =>
    world.cases.manage.changeSettings({ clientId: CLIENT, agentRef: agentId, changes });
  const live = async (): Promise<string[]> =>
    (await world.machines(agentId))
      .filter(({ state }) => ['launching', 'syncing', 'ready', 'promoting'].includes(state))
      .map(({ poolId }) => poolId);

  it('are launched once, however often the proposal is told, and outlive what a spare one may', async () => {
    const event = proposed(B);
    await Promise.all([1, 2, 3].map(() => world.cases.followAdvice.propose(event)));
    await propose(B);
    expect(await live()).toEqual([B]);
    await world.answer('create_replica', { success: true, result: { ec2InstanceId: 'i-0002' } });
    await world.clock.advance(5 * HOUR_MS);
    await world.cases.endUnwanted.sweep();
    expect(await live()).toEqual([B]);
  });

  it('stay until the one that is wanted instead is ready, and for ever when it cannot be had', async () => {
    await propose(B);
    const ready = async (poolId: string, ec2InstanceId: string): Promise<void> => {
      const [machine] = (await world.machines(agentId)).filter((one) => one.poolId === poolId);
      await world.update(agentId, String(machine?.id), { status: 'syncing', ec2InstanceId });
      await world.ready(agentId, String(machine?.id));
    };
    await ready(B, 'i-0002');
    await world.test.database.uow.run((tx) =>
      world.pools.saveBlock(
        tx,
        { poolId: C, until: new Date(world.clock.nowMs() + HOUR_MS), reason: 'no rights', failures: 1 },
        CLIENT,
      ),
    );
    await propose(C);
    await world.cases.endUnwanted.sweep();
    expect(await live()).toEqual([B]);
    await world.clock.advance(2 * HOUR_MS);
    await propose(C);
    await world.cases.endUnwanted.sweep();
    expect((await live()).sort()).toEqual([B, C]);
    await ready(C, 'i-0003');
    await propose(C);
    await world.cases.endUnwanted.sweep();
    expect(await live()).toEqual([C]);
  });

  it('end when there is one that is kept anyway', async () => {
    const name = async (poolId: string, ec2InstanceId: string): Promise<string> => {
      const [machine] = (await world.machines(agentId)).filter((one) => one.poolId === poolId);
      await world.update(agentId, String(machine?.id), { status: 'syncing', ec2InstanceId });
      return String(machine?.id);
    };
    await propose(B);
    await world.ready(agentId, await name(B, 'i-0002'));
    await propose(C);
    await name(C, 'i-0003');
    await world.cases.endUnwanted.sweep();
    expect((await live()).sort()).toEqual([B, C]);
    await world.test.database.uow.run((tx) =>
      changeRows(tx, "UPDATE instance SET created_by = 'demotion' WHERE ec2_instance_id = 'i-0002'"),
    );
    await world.cases.endUnwanted.sweep();
    expect(await live()).toEqual([B]);
  });

  it('move with the advice, and end with it', async () => {
    await propose(B);
    await propose(C);
    expect(await live()).toEqual([C]);
    await propose(null);
    expect(await live()).toEqual([]);
  });

  it.each<[string, Partial<EventData<typeof StandbyProposedV1>>]>([
    ['a primary that is gone', { fromEc2InstanceId: 'i-0009' }],
    ['a time that is over', { expiresAt: '2020-01-01T00:00:00.000Z' }],
    ['an agent that nobody knows', { agentId: 'nobody' }],
  ])('are not launched for %s', async (_name, change) => {
    await propose(B, change);
    expect(await live()).toEqual([]);
  });

  it.each([{ autoReplicaEnabled: false }, { autoSwitchEnabled: false }, { enabled: false }])(
    'are not launched with %o, and end when it is set',
    async (change) => {
      await settings(change);
      await propose(B);
      expect(await live()).toEqual([]);
      await settings({ autoReplicaEnabled: true, autoSwitchEnabled: true, enabled: true });
      await propose(B);
      expect(await live()).toEqual([B]);
      await settings(change);
      await world.cases.followAdvice.settingsChanged(agentId);
      expect(await live()).toEqual([]);
    },
  );

  it('leave the standby of a person alone', async () => {
    await world.cases.requestReplica.execute({
      clientId: CLIENT,
      agentRef: agentId,
      poolId: B,
      replicaType: 'switch',
      createdBy: 'operator',
      requestId: null,
      excludeZones: [],
    });
    await propose(C);
    await propose(null);
    expect(await live()).toEqual([B]);
  });
});
