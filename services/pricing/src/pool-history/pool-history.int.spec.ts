import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AgentRegisteredV1,
  createEvent,
  type EventOf,
  InstanceRoleChangedV1,
  InterruptionDetectedV1,
  type Mode,
  ReplicaReadyV1,
} from '@spotopt/contracts';
import { databaseDialects, sampleSettings } from '@spotopt/testkit';
import { DAY_MS, FactsWorld, HOUR_MS, NOW } from '../market/facts-world.contract.js';

const A = 'm5.large.us-east-1a';
const B = 'm5.large.us-east-1b';
const OF_AGENT = { agentId: 'agent-1', clientId: 'client-1' };
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);

let events = 0;

function eventId(): string {
  events += 1;
  return `event-${String(events)}`;
}

function placed(ec2InstanceId: string | null, poolId: string, mode: Mode = 'spot') {
  return createEvent(InstanceRoleChangedV1, {
    ...{ id: eventId(), time: NOW, subject: 'agent-1' },
    data: {
      ...OF_AGENT,
      placement: { instanceId: `row-${String(ec2InstanceId)}`, ec2InstanceId, mode, poolId },
      ...{ from: null, to: 'REPLICA', epoch: 1, reason: 'test' },
    },
  });
}

interface Incident {
  readonly incidentId: string;
  readonly ec2InstanceId: string;
  readonly detectedAt: Date;
  readonly urgency?: 'warn' | 'terminate';
}

function interrupted({ urgency = 'terminate', detectedAt, ...incident }: Incident) {
  return createEvent(InterruptionDetectedV1, {
    ...{ id: eventId(), time: detectedAt, subject: 'agent-1' },
    data: {
      ...OF_AGENT,
      ...incident,
      urgency,
      signal: urgency === 'warn' ? 'rebalance-recommendation' : 'termination-notice',
      ...{ deadlineAt: null, risk: null, bypassed: [] },
      detectedAt: detectedAt.toISOString(),
    },
  });
}

function booted(replica: number, poolId: string, readyAfterMs: number): EventOf<typeof ReplicaReadyV1> {
  return createEvent(ReplicaReadyV1, {
    ...{ id: eventId(), time: new Date(NOW.getTime() + replica), subject: 'agent-1' },
    data: {
      ...OF_AGENT,
      ...{ replicaId: `replica-${String(replica)}`, replicaType: 'manual', poolId, readyAfterMs },
      ec2InstanceId: `i-${String(replica)}`,
    },
  });
}

describe.each(databaseDialects())('what happened in pools on %s', (dialect) => {
  let world: FactsWorld;

  beforeEach(async () => {
    world = await FactsWorld.open(dialect);
    await world.sighted(A, 0.04);
    await world.sighted(B, 0.05);
  });

  afterEach(async () => {
    await world.test.cleanUp();
  });

  const countsOf = async (poolId: string) => {
    const { h24, d7, d30 } = (await world.facts())[poolId]?.interruptions ?? {};
    return [h24?.count, d7?.count, d30?.count];
  };

  it('counts interruptions per pool and window, whether the machine or its end is heard of first', async () => {
    const { history } = world;
    await history.noticed(
      interrupted({ incidentId: 'late', ec2InstanceId: 'i-1', detectedAt: ago(HOUR_MS) }),
    );
    expect(await countsOf(A)).toEqual([0, 0, 0]);
    await history.placed(placed('i-1', A));
    await history.placed(placed('i-2', A));
    await history.placed(placed('i-3', B));
    await history.placed(placed(null, B));
    for (const [ec2InstanceId, days] of [
      ['i-2', 3],
      ['i-2', 20],
      ['i-2', 40],
      ['i-3', 8],
    ] as const) {
      const incidentId = `${ec2InstanceId}-${String(days)}`;
      const detectedAt = ago(days * DAY_MS);
      await history.noticed(interrupted({ incidentId, ec2InstanceId, detectedAt }));
    }
    expect(await countsOf(A)).toEqual([1, 2, 3]);
    expect(await countsOf(B)).toEqual([0, 0, 1]);
  });

  it('counts an incident once, and only when AWS takes a spot machine', async () => {
    const { history } = world;
    await history.placed(placed('i-1', A));
    await history.placed(placed('i-2', A, 'ondemand'));
    const incident = { incidentId: 'one', ec2InstanceId: 'i-1', detectedAt: ago(HOUR_MS) };
    await history.noticed(interrupted({ ...incident, urgency: 'warn' }));
    expect(await countsOf(A)).toEqual([0, 0, 0]);
    const end = interrupted(incident);
    await history.noticed(end);
    await history.noticed(end);
    await history.noticed(interrupted({ ...incident, detectedAt: ago(0) }));
    await history.noticed(interrupted({ ...incident, incidentId: 'two', ec2InstanceId: 'i-2' }));
    expect(await countsOf(A)).toEqual([1, 1, 1]);
  });

  it('learns where a machine is when its agent did not know at first', async () => {
    const { history } = world;
    const registered = createEvent(AgentRegisteredV1, {
      ...{ id: eventId(), time: NOW, subject: 'agent-1' },
      data: {
        ...OF_AGENT,
        ...{ agentKey: 'key', logicalAgentId: 'web', region: 'unknown', instanceType: 'unknown' },
        placement: { instanceId: 'row', ec2InstanceId: 'i-1', mode: 'unknown', poolId: 'unknown.unknown' },
        ...{ role: 'PRIMARY', primary: null, epoch: 1, settings: sampleSettings() },
      },
    });
    await history.placed(registered);
    await history.placed(placed('i-1', B));
    await history.placed(registered);
    const detectedAt = ago(HOUR_MS);
    await history.noticed(interrupted({ incidentId: 'one', ec2InstanceId: 'i-1', detectedAt }));
    expect(await countsOf(B)).toEqual([1, 1, 1]);
  });

  it('relates interruptions to the hours that machines ran', async () => {
    const { history } = world;
    await history.placed(placed('i-1', A));
    await history.placed(placed('i-3', B));
    const detectedAt = ago(HOUR_MS);
    await history.noticed(interrupted({ incidentId: 'one', ec2InstanceId: 'i-1', detectedAt }));
    await history.noticed(interrupted({ incidentId: 'two', ec2InstanceId: 'i-3', detectedAt }));
    const facts = await world.facts();
    // One in ten hours of one machine.
    expect(facts[A]?.interruptions.h24).toEqual({ count: 1, instanceHours: 10, perInstanceDay: 2.4 });
    expect(facts[B]?.interruptions.h24).toEqual({ count: 1, instanceHours: 0, perInstanceDay: null });
  });

  it('averages the last twenty boots', async () => {
    const { history } = world;
    await history.ready(booted(0, B, 1_000));
    expect((await world.facts())[B]?.boot).toEqual({ averageMs: 1_000, samples: 1 });
    expect((await world.facts())[A]?.boot).toBeNull();
    for (let replica = 25; replica >= 1; replica -= 1) {
      await history.ready(booted(replica, A, replica <= 5 ? 900_000 : 40_000));
    }
    await history.ready(booted(25, A, 900_000));
    expect((await world.facts())[A]?.boot).toEqual({ averageMs: 40_000, samples: 20 });
  });
});
