import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createEvent,
  InstanceTerminatedV1,
  ReplicaFailedV1,
  ReplicaLaunchedV1,
  ReplicaReadyV1,
} from '@spotopt/contracts';
import { databaseDialects } from '@spotopt/testkit';
import { AGENT, EmergencyWorld, MACHINE, NOW } from '../testing/emergency-world.contract.js';
import { standbyOf } from './follow-fleet.js';
import type { Machine } from './ports.js';

const replica = {
  ...AGENT,
  replicaId: 'replica-1',
  replicaType: 'manual' as const,
  poolId: 't3.medium.us-east-1b',
};
const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const envelope = (seconds: number) => ({
  id: `event-at-${String(seconds)}`,
  time: at(seconds),
  subject: 'agent-1',
});

describe.each(databaseDialects())('the picture of machines on %s', (dialect) => {
  let world: EmergencyWorld;

  beforeAll(async () => {
    world = await EmergencyWorld.open(dialect);
  });
  afterAll(() => world.test.cleanUp());
  beforeEach(() => world.clear());

  const machine = (ec2InstanceId: string): Promise<Machine | null> =>
    world.deps.uow.read((tx) => world.machines.find(tx, ec2InstanceId));
  const launched = createEvent(ReplicaLaunchedV1, {
    ...envelope(1),
    data: { ...replica, ec2InstanceId: 'i-0002' },
  });
  const ready = createEvent(ReplicaReadyV1, {
    ...envelope(2),
    data: { ...replica, ec2InstanceId: 'i-0002', readyAfterMs: 1000 },
  });
  const failed = createEvent(ReplicaFailedV1, {
    ...envelope(3),
    data: { ...replica, ec2InstanceId: 'i-0002', reason: 'test' },
  });
  const terminated = createEvent(InstanceTerminatedV1, {
    ...envelope(4),
    data: {
      ...AGENT,
      instanceId: 'replica-1',
      ec2InstanceId: 'i-0002',
      lastRole: 'ZOMBIE',
      reason: 'test',
      terminatedAt: at(4).toISOString(),
    },
  });

  it('follows a standby through its life, in whatever order it hears of it', async () => {
    await world.follow.standby(launched);
    expect(await machine('i-0002')).toMatchObject({ role: 'REPLICA', ready: false, replicaId: 'replica-1' });
    await world.follow.standby(ready);
    expect(await machine('i-0002')).toMatchObject({ role: 'REPLICA', ready: true });
    await world.follow.gone(terminated);
    await world.follow.gone(failed);
    await world.follow.standby(ready);
    expect(await machine('i-0002')).toMatchObject({ role: 'TERMINATED', ready: false, firstSeenAt: at(1) });
  });

  it('keeps the newest when events come at the same moment', async () => {
    await Promise.all([
      world.follow.gone(terminated),
      world.follow.standby(launched),
      world.follow.gone(failed),
      world.follow.standby(ready),
    ]);
    expect(await machine('i-0002')).toMatchObject({ role: 'TERMINATED' });
  });

  it('knows primaries from registrations', async () => {
    await world.follow.placed(world.registered());
    expect(await machine(MACHINE)).toMatchObject({ role: 'PRIMARY', replicaId: null, ...AGENT });
  });

  it('prefers a ready standby', async () => {
    const base = await world.follow.standby(launched).then(() => machine('i-0002'));
    if (base === null) throw new Error('no machine');
    const warming = { ...base, ec2InstanceId: 'i-0003' };
    expect(standbyOf([])).toBeNull();
    expect(standbyOf([{ ...base, role: 'PRIMARY' }])).toBeNull();
    expect(standbyOf([{ ...base, replicaId: null }])).toBeNull();
    expect(standbyOf([warming, { ...base, ready: true }])?.ec2InstanceId).toBe('i-0002');
    expect(standbyOf([warming])?.ec2InstanceId).toBe('i-0003');
  });
});
