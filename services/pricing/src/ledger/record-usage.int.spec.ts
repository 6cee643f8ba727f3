import { afterEach, describe, expect, it } from '@jest/globals';
import type { EventDefinition, EventOf } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import { databaseDialects, ManualClock, mulberry32, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { pricingService } from '../pricing.module.js';
import { FleetStory, shuffled, type StoryTime } from './fleet-story.contract.js';
import type { UsedMachine } from './ports.js';
import { RecordUsage } from './record-usage.js';
import { moment, octoberEvents } from './scripted-month.contract.js';
import { SqlUsageStore } from './usage.store.js';

/** Remembers in which order workloads were locked. */
class WatchedUsageStore extends SqlUsageStore {
  readonly locked: string[] = [];

  override async lockAgent(tx: Tx, agent: { agentId: string; clientId: string }): Promise<void> {
    this.locked.push(agent.agentId);
    await super.lockAgent(tx, agent);
  }
}

const NOW = moment('11-01 00:30');
const EVERYTHING = { clientId: null, agentId: null, fromMs: 0, untilMs: NOW.getTime() };

describe.each(databaseDialects())('recording the use of machines on %s', (dialect) => {
  const open: TestDatabase[] = [];

  afterEach(async () => {
    for (const { cleanUp } of open.splice(0)) await cleanUp();
  });

  async function setUp() {
    const clock = new ManualClock(NOW);
    const test = await testDatabase(dialect, { ...pricingService, service: 'pricing', clock });
    open.push(test);
    const { uow, inbox } = test.database;
    const usage = new WatchedUsageStore();
    const record = new RecordUsage({ uow, inbox, usage });
    const machines = (): Promise<UsedMachine[]> => uow.read((tx) => usage.machinesIn(tx, EVERYTHING));
    const known = () =>
      uow.read(async (tx) => ({
        machines: await usage.machinesIn(tx, EVERYTHING),
        occurrences: (await usage.occurrencesIn(tx, EVERYTHING)).map(({ id }) => id).sort(),
        open: (await usage.listOpen(tx, { clientId: null, agentId: null }, '2026-11-01')).map(
          // How often a workload changed depends on the order of the news.
          ({ changes: _changes, ...agent }) => agent,
        ),
      }));
    return { record, machines, known, usage };
  }

  async function told(events: readonly EventOf<EventDefinition>[]) {
    const test = await setUp();
    for (const event of events) await test.record.execute(event);
    return test;
  }

  it.each([1, 2])(
    'knows the same however the events came (seed %i)',
    async (seed) => {
      const events = octoberEvents();
      const expected = await (await told(events)).known();
      expect(expected.occurrences).toHaveLength(4);
      const random = mulberry32(seed);
      const again = shuffled([...events, ...events.filter(() => random() < 0.5)], random);
      expect(await (await told(again)).known()).toEqual(expected);
    },
    60_000,
  );

  it('knows the same when several processes take the events at once', async () => {
    const events = octoberEvents();
    const expected = await (await told(events)).known();
    const test = await setUp();
    const random = mulberry32(5);
    const lanes = [shuffled(events, random), shuffled(events, random), shuffled(events, random)];
    await Promise.all(
      lanes.map(async (lane) => {
        for (const event of lane) await test.record.execute(event);
      }),
    );
    expect(await test.known()).toEqual(expected);
  });

  it('locks every workload that a machine was ever a part of, in the order of their ids', async () => {
    const at = (minutes: StoryTime): Date =>
      new Date(moment('10-05 00:00').getTime() + Number(minutes) * 60_000);
    const storyOf = (agentId: string) => new FleetStory({ agentId, clientId: 'client-1' }, at);
    const { events } = storyOf('agent-1').registered(0, 'a', 'PRIMARY');
    const [later] = storyOf('agent-2').registered(30, 'a', 'PRIMARY').events;
    const test = await told(events);
    test.usage.locked.splice(0);
    if (later !== undefined) await test.record.execute(later);
    expect(test.usage.locked).toEqual(['agent-1', 'agent-2']);
  });

  it('ends with a deleted workload what it had running, in either order', async () => {
    const at = (minutes: StoryTime): Date =>
      new Date(moment('10-05 00:00').getTime() + Number(minutes) * 60_000);
    const story = new FleetStory({ agentId: 'agent-1', clientId: 'client-1' }, at)
      .registered(0, 'a', 'PRIMARY')
      .launched(5, 'b', 'manual')
      .givenUp(20, 'b')
      .deleted(20);
    const test = await told(story.events);
    expect((await test.machines()).map(({ ec2InstanceId, endedAtMs }) => [ec2InstanceId, endedAtMs])).toEqual(
      [
        ['i-a', at(20).getTime()],
        ['i-b', null],
      ],
    );
    const reversed = await told(story.events.toReversed());
    expect(await reversed.known()).toEqual(await test.known());
  });
});
