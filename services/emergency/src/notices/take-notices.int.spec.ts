import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Notice } from '@spotopt/cloud';
import { databaseDialects } from '@spotopt/testkit';
import { EmergencyWorld, ListedNotices, MACHINE, NOW } from '../testing/emergency-world.contract.js';
import { signalsOf, TakeNotices } from './take-notices.js';

const common = { eventId: 'e', emittedAt: NOW, region: 'us-east-1' };
const warning = (ec2InstanceId = MACHINE): Notice => ({
  ...common,
  kind: 'interruption-warning',
  ec2InstanceId,
  action: 'terminate',
});
const maintenance: Notice = {
  ...common,
  kind: 'scheduled-change',
  ec2InstanceIds: [MACHINE, 'i-0002'],
  eventTypeCode: 'AWS_EC2_INSTANCE_REBOOT_MAINTENANCE_SCHEDULED',
  startsAt: new Date('2026-12-01T00:00:00.000Z'),
  affectedRegion: 'us-east-1',
  affectedAccount: null,
  communicationId: 'c',
};

describe('what the cloud’s notices mean', () => {
  it.each<[string, Notice, unknown[]]>([
    ['a warning', warning(), [{ kind: 'termination-notice', ec2InstanceId: MACHINE, deadlineAt: null }]],
    [
      'a recommendation',
      { ...common, kind: 'rebalance-recommendation', ec2InstanceId: MACHINE },
      [{ kind: 'rebalance-recommendation' }],
    ],
    [
      'a capacity reservation that ends',
      { ...common, kind: 'capacity-reservation-interruption', ec2InstanceId: MACHINE, action: 'terminate' },
      [{ kind: 'termination-notice' }],
    ],
    [
      'maintenance of two machines',
      maintenance,
      [
        { kind: 'scheduled-maintenance', ec2InstanceId: MACHINE, deadlineAt: maintenance.startsAt },
        { kind: 'scheduled-maintenance', ec2InstanceId: 'i-0002' },
      ],
    ],
    ['a change of state', { ...common, kind: 'state-change', ec2InstanceId: MACHINE, state: 'running' }, []],
    ['something else', { kind: 'ignored', source: 'aws.s3', detailType: 'x' }, []],
    ['rubbish', { kind: 'malformed', reason: 'not JSON' }, []],
  ])('%s', (_case, notice, expected) => {
    const signals = signalsOf(notice);
    expect(signals).toHaveLength(expected.length);
    expect(signals).toMatchObject(expected);
  });
});

describe.each(databaseDialects())('notices from the queue on %s', (dialect) => {
  let world: EmergencyWorld;
  let queue: ListedNotices;
  let malformed: string[];
  let take: TakeNotices;
  const { signal } = new AbortController();

  beforeAll(async () => {
    world = await EmergencyWorld.open(dialect);
  });
  afterAll(() => world.test.cleanUp());
  beforeEach(async () => {
    await world.clear();
    await world.follow.placed(world.registered());
    queue = new ListedNotices();
    malformed = [];
    take = new TakeNotices(queue, world.handle, { malformed: (reason) => malformed.push(reason) });
  });

  it('are stored and then deleted; the same one twice is one incident', async () => {
    queue.put(warning(), warning());
    expect(await take.execute(signal)).toBe(2);
    expect(queue.waiting).toEqual([]);
    expect(await world.onlyIncident()).toMatchObject({ urgency: 'terminate', signalCount: 2 });
  });

  it('that are malformed or about unknown machines are deleted', async () => {
    queue.put({ kind: 'malformed', reason: 'not JSON' }, warning('i-0099'), maintenance);
    await take.execute(signal);
    expect(queue.waiting).toEqual([]);
    expect(malformed).toEqual(['not JSON']);
    expect(await world.onlyIncident()).toMatchObject({ ec2InstanceId: MACHINE, urgency: 'warn' });
  });

  it('that cannot be stored stay, and hold up no other', async () => {
    const failing = {
      execute: (sign: Parameters<typeof world.handle.execute>[0]) =>
        sign.ec2InstanceId === 'i-0002'
          ? Promise.reject(new Error('database away'))
          : world.handle.execute(sign, null),
    };
    queue.put(warning('i-0002'), warning());
    const partly = new TakeNotices(queue, failing, { malformed: () => undefined });
    await expect(partly.execute(signal)).rejects.toThrow('database away');
    expect(queue.waiting.map(({ notice }) => notice)).toEqual([warning('i-0002')]);
    expect((await world.onlyIncident()).ec2InstanceId).toBe(MACHINE);
  });
});
