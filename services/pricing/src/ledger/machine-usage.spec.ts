import { describe, expect, it } from '@jest/globals';
import {
  AgentRegisteredV1,
  type EventDefinition,
  type EventOf,
  InstanceRoleChangedV1,
  type ReplicaType,
  type Trigger,
} from '@spotopt/contracts';
import { mulberry32 } from '@spotopt/testkit';
import { factsOf } from './fact-sources.js';
import { FleetStory, shuffled } from './fleet-story.contract.js';
import { type MachineUsage, machineUsageOf } from './machine-usage.js';
import { firstDifferenceMs } from './usage-interval.js';

const OF_AGENT = { agentId: 'agent-1', clientId: 'client-1' };
const START_MS = Date.parse('2026-11-01T00:00:00.000Z');

type AnyEvent = EventOf<EventDefinition>;

/** A story told by the minute. */
class Story extends FleetStory {
  constructor() {
    super(OF_AGENT, (minutes) => new Date(START_MS + Number(minutes) * 60_000));
  }
}

/** As the store finds them: by the machine's EC2 id, by its ids, and the ends of the workload. */
function usageOf(events: readonly AnyEvent[], machine: string): MachineUsage | null {
  const facts = events.flatMap(factsOf);
  const ec2InstanceId = `i-${machine}`;
  const ids = facts.flatMap((fact) => (fact.ec2InstanceId === ec2InstanceId ? [fact.instanceId] : []));
  const own = facts.filter(
    (fact) =>
      fact.ec2InstanceId === ec2InstanceId ||
      fact.change.kind === 'agent-deleted' ||
      (fact.ec2InstanceId === null && ids.includes(fact.instanceId)),
  );
  return machineUsageOf(ec2InstanceId, own);
}

function spells(story: FleetStory, machine: string): string[] {
  const minutes = (atMs: number): string => String((atMs - START_MS) / 60_000);
  return (usageOf(story.events, machine)?.intervals ?? []).map(
    ({ role, purpose, fromMs, toMs }) =>
      `${role} ${purpose} ${minutes(fromMs)}-${toMs === null ? '' : minutes(toMs)}`,
  );
}

describe('the life of a machine', () => {
  it('is a primary’s from its registration on, and a double run’s after a planned switch', () => {
    const story = new Story()
      .registered(0, 'a', 'PRIMARY')
      .launched(60, 'b', 'switch')
      .registered(62, 'b', 'REPLICA')
      .promoted(70, { from: 'a', to: 'b', trigger: 'model', epoch: 2 })
      .terminated(90, 'a');
    expect(spells(story, 'a')).toEqual(['PRIMARY primary 0-70', 'ZOMBIE switch 70-90']);
    expect(spells(story, 'b')).toEqual(['REPLICA switch 60-70', 'PRIMARY primary 70-']);
  });

  it('belongs to the interruption where one was the reason', () => {
    const story = new Story()
      .registered(0, 'a', 'PRIMARY')
      .launched(60, 'b', 'automatic-termination')
      .promoted(61, { from: 'a', to: 'b', trigger: 'emergency', epoch: 2 })
      .terminated(70, 'a', 62);
    expect(spells(story, 'a')).toEqual(['PRIMARY primary 0-61', 'ZOMBIE interruption 61-62']);
    expect(spells(story, 'b')).toEqual(['REPLICA interruption 60-61', 'PRIMARY primary 61-']);
  });

  it('tells the zombie of one switch from that of another', () => {
    const story = new Story()
      .registered(0, 'a', 'PRIMARY')
      .launched(10, 'b', 'manual')
      .promoted(20, { from: 'a', to: 'b', trigger: 'emergency', epoch: 2 })
      .launched(25, 'c', 'switch')
      .promoted(30, { from: 'b', to: 'c', trigger: 'manual', epoch: 3 });
    expect(spells(story, 'a').at(-1)).toBe('ZOMBIE interruption 20-');
    expect(spells(story, 'b')).toEqual([
      'REPLICA standby 10-20',
      'PRIMARY primary 20-30',
      'ZOMBIE switch 30-',
    ]);
  });

  it('goes on as a standby when the old primary was kept as one', () => {
    const story = new Story()
      .launched(0, 'a', 'switch')
      .role(10, 'a', 'PRIMARY', 2)
      .role(20, 'a', 'REPLICA', 3);
    expect(spells(story, 'a')).toEqual([
      'REPLICA switch 0-10',
      'PRIMARY primary 10-20',
      'REPLICA standby 20-',
    ]);
  });

  it('does not begin before the machine has an EC2 id, also when it was given up by then', () => {
    const story = new Story().givenUp(5, 'a', null).launched(9, 'a', 'manual').terminated(30, 'a');
    expect(spells(story, 'a')).toEqual(['ZOMBIE standby 9-30']);
  });

  it('is one, whatever ids the control plane gave the machine', () => {
    const early = new Story().add(3, InstanceRoleChangedV1, {
      ...{ ...OF_AGENT, from: null, to: 'REPLICA', epoch: 1, reason: 'registered' },
      placement: { ...new Story().placement('a'), instanceId: 'x' },
    });
    expect(spells(early.launched(5, 'a', 'manual').terminated(9, 'a'), 'a')).toEqual(['REPLICA standby 3-9']);
  });

  it('ends with its workload, except for what is still to be terminated', () => {
    const story = new Story()
      .registered(0, 'a', 'PRIMARY')
      .launched(10, 'b', 'manual')
      .launched(12, 'c', 'manual')
      .givenUp(40, 'b')
      .deleted(40)
      .terminated(45, 'b');
    expect(spells(story, 'a')).toEqual(['PRIMARY primary 0-40']);
    expect(spells(story, 'b')).toEqual(['REPLICA standby 10-40', 'ZOMBIE standby 40-45']);
    expect(spells(story, 'c')).toEqual(['REPLICA standby 12-40']);
  });

  it('goes on under the workload that takes the machine over', () => {
    const registration = { ...new Story().registration('a', 'PRIMARY', 1), agentId: 'agent-2' };
    const story = new Story()
      .registered(0, 'a', 'PRIMARY', 7)
      .deleted(10)
      .add(15, AgentRegisteredV1, registration);
    expect(usageOf(story.events, 'a')?.intervals.map(({ agentId }) => agentId)).toEqual([
      'agent-1',
      'agent-2',
    ]);
    expect(spells(story, 'a')).toEqual(['PRIMARY primary 0-10', 'PRIMARY primary 15-']);
  });

  it('does not go back to the role of an older epoch', () => {
    const story = new Story()
      .registered(0, 'a', 'PRIMARY', 1)
      .role(10, 'a', 'ZOMBIE', 2)
      .registered(11, 'a', 'PRIMARY', 1);
    expect(spells(story, 'a')).toEqual(['PRIMARY primary 0-10', 'ZOMBIE switch 10-']);
  });
});

/** A life of some switches, with standbys, failures and terminations between them. */
function randomStory(random: () => number): { story: FleetStory; machines: string[] } {
  const story = new Story().registered(0, 'm0', 'PRIMARY');
  const machines = ['m0'];
  let primary = 'm0';
  const types: ReplicaType[] = ['manual', 'automatic-rebalance', 'automatic-termination', 'switch'];
  const triggers: Trigger[] = ['manual', 'model', 'emergency', 'replica_promotion', 'scheduled'];
  let at = 0;
  for (let epoch = 2; epoch < 7; epoch += 1) {
    at += 1 + Math.floor(random() * 300);
    const next = `m${String(machines.length)}`;
    machines.push(next);
    story.launched(at, next, types[Math.floor(random() * 4)] ?? 'manual');
    if (random() < 0.6) story.registered(at + Math.floor(random() * 2), next, 'REPLICA', epoch - 1);
    at += Math.floor(random() * 30);
    if (random() < 0.25) {
      story.givenUp(at, next);
      if (random() < 0.8) story.terminated(at + 3, next, at + 2);
      continue;
    }
    story.promoted(at, {
      from: primary,
      to: next,
      trigger: triggers[Math.floor(random() * 5)] ?? 'model',
      epoch,
    });
    if (random() < 0.8) story.terminated(at + 40, primary, at + Math.floor(random() * 40));
    primary = next;
  }
  if (random() < 0.3) story.deleted(at + 100);
  return { story, machines };
}

describe('lives that are told in another order, and twice', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))('come out the same (seed %i)', (seed) => {
    const random = mulberry32(seed);
    const { story, machines } = randomStory(random);
    const again = story.events.filter(() => random() < 0.4);
    const told = shuffled([...story.events, ...again], random);
    for (const machine of machines) {
      const expected = usageOf(story.events, machine);
      expect(usageOf(told, machine)).toEqual(expected);
      expect(isSound(expected)).toBe(true);
    }
    const primaries = machines.flatMap((machine) =>
      (usageOf(told, machine)?.intervals ?? []).filter(({ role }) => role === 'PRIMARY'),
    );
    expect(areApart(primaries)).toBe(true);
  });
});

type Interval = MachineUsage['intervals'][number];

function areApart(intervals: readonly Interval[]): boolean {
  const sorted = intervals.toSorted((a, b) => a.fromMs - b.fromMs);
  return sorted.every(
    (interval, index) => index === 0 || interval.fromMs >= (sorted[index - 1]?.toMs ?? Infinity),
  );
}

function isSound(usage: MachineUsage | null): boolean {
  return (
    usage === null ||
    (areApart(usage.intervals) && usage.intervals.every(({ fromMs, toMs }) => fromMs < (toMs ?? Infinity)))
  );
}

describe('the first difference of two lives', () => {
  const interval = (fromMs: number, toMs: number | null): Interval => ({
    ...OF_AGENT,
    ...{ instanceId: 'a', role: 'PRIMARY' as const, purpose: 'primary' as const, fromMs, toMs },
  });

  it.each([
    [[interval(0, null)], [interval(0, null)], null],
    [[interval(0, null)], [interval(0, 50)], 50],
    [[interval(10, 50)], [interval(5, 50)], 5],
    [[interval(0, 50)], [interval(0, 50), interval(70, null)], 70],
  ])('%j to %j is at %p', (before, after, atMs) => {
    expect(firstDifferenceMs(before, after)).toBe(atMs);
    expect(firstDifferenceMs(after, before)).toBe(atMs);
  });
});
