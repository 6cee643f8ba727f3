import {
  createEvent,
  type EventDefinition,
  type EventOf,
  InterruptionDetectedV1,
  PricingReportedV1,
} from '@spotopt/contracts';
import { FleetStory, type StoryTime } from './fleet-story.contract.js';
import { type Stretch, StretchSeries } from './series.fake.js';

export const CLIENT = 'client-1';
export const WEB = 'agent-1';
export const EXOTIC = 'agent-2';
const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';
const C = 't3.medium.us-east-1c';
/** A type that no price list knows. */
const X = 'x9.large.us-east-1d';

/** `10-05 08:00` → that moment of 2026, UTC. */
export function moment(at: StoryTime): Date {
  const [day = '', time = ''] = String(at).split(' ');
  return new Date(`2026-${day}T${time.length === 5 ? `${time}:00` : time}.000Z`);
}

function stretch(poolId: string, from: string, until: string, usdPerHour: number): Stretch {
  return { poolId, from: moment(from), until: moment(until), usdPerHour };
}

/** Prices of October 2026 and the first of November. In A three hours of the 4th are missing. */
export function octoberSeries(): StretchSeries {
  return new StretchSeries([
    stretch(A, '10-01 00:00', '10-04 10:00', 0.0125),
    { ...stretch(A, '10-03 02:00', '10-03 04:00', 0.0131), source: 'interpolated' },
    stretch(A, '10-04 13:00', '10-20 00:00', 0.0125),
    stretch(A, '10-20 00:00', '11-02 00:00', 0.015),
    stretch(B, '10-01 00:00', '11-02 00:00', 0.0118),
    stretch(X, '10-25 06:00', '11-02 00:00', 0.03),
  ]);
}

export function latePrice(): Stretch {
  return stretch(A, '10-20 00:00', '10-20 12:00', 0.013);
}

const MACHINES = {
  a: { poolId: A, mode: 'spot' },
  s: { poolId: B, mode: 'spot' },
  b: { poolId: B, mode: 'spot' },
  c: { poolId: C, mode: 'ondemand' },
  d: { poolId: A, mode: 'spot' },
  x: { poolId: X, mode: 'spot' },
} as const;

/**
 * A workload's October: spot in A, a standby for a day and a half, a planned switch to B with half an hour of double
 * run, an interruption there that ends on on-demand, and a switch back to spot in A.
 */
function webStory(): FleetStory {
  const story = new FleetStory({ agentId: WEB, clientId: CLIENT }, moment, MACHINES);
  return interrupted(
    story
      .registered('10-01 06:00', 'a', 'PRIMARY')
      .launched('10-05 08:00', 's', 'manual')
      .registered('10-05 08:02', 's', 'REPLICA')
      .givenUp('10-06 20:00', 's')
      .terminated('10-06 20:07', 's', '10-06 20:06')
      .launched('10-08 10:00', 'b', 'switch')
      .registered('10-08 10:02', 'b', 'REPLICA')
      .promoted('10-08 10:12', {
        ...{ from: 'a', to: 'b', trigger: 'model', epoch: 2 },
        ...{ finishedAt: '10-08 10:13', downtimeMs: 1_500 },
      })
      .terminated('10-08 10:42', 'a'),
  )
    .launched('10-15 12:00', 'c', 'automatic-termination')
    .registered('10-15 12:00', 'c', 'REPLICA', 2)
    .promoted('10-15 12:01', {
      ...{ from: 'b', to: 'c', trigger: 'emergency', epoch: 3 },
      ...{ finishedAt: '10-15 12:01', downtimeMs: 9_000 },
    })
    .terminated('10-15 12:02', 'b')
    .launched('10-18 11:30', 'd', 'switch')
    .registered('10-18 11:31', 'd', 'REPLICA', 3)
    .promoted('10-18 12:00', {
      ...{ from: 'c', to: 'd', trigger: 'manual', epoch: 4 },
      ...{ finishedAt: '10-18 12:01', downtimeMs: 2_000 },
    })
    .terminated('10-18 12:30', 'c');
}

/** One incident: a recommendation first, then the notice, and the notice again from elsewhere. */
function interrupted(story: FleetStory): FleetStory {
  const signals = [
    ['10-15 11:50', 'warn', 'rebalance-recommendation'],
    ['10-15 12:00', 'terminate', 'termination-notice'],
    ['10-15 12:01', 'terminate', 'termination-notice'],
  ] as const;
  for (const [at, urgency, signal] of signals) {
    story.add(at, InterruptionDetectedV1, {
      ...{ agentId: WEB, clientId: CLIENT, incidentId: 'incident-1', ec2InstanceId: 'i-b', urgency, signal },
      ...{ deadlineAt: null, detectedAt: moment(at).toISOString(), risk: null, bypassed: [] },
    });
  }
  return story;
}

/** A workload on a type whose on-demand price only an agent claims to know. */
function exoticStory(): FleetStory {
  const story = new FleetStory({ agentId: EXOTIC, clientId: CLIENT }, moment, MACHINES);
  return story.registered('10-25 00:00', 'x', 'PRIMARY');
}

export function octoberEvents(): EventOf<EventDefinition>[] {
  return [...webStory().events, ...exoticStory().events];
}

/** Brings the estimated on-demand price of 0.12 USD per hour into the price book. */
export function exoticReport(): EventOf<EventDefinition> {
  const observedAt = moment('10-25 06:00').toISOString();
  return createEvent(PricingReportedV1, {
    id: 'report-event',
    time: moment('10-25 06:00'),
    subject: EXOTIC,
    data: {
      ...{ reportId: 'report-1', agentKey: 'x', agentId: EXOTIC, clientId: CLIENT, ec2InstanceId: 'i-x' },
      ...{ instanceType: 'x9.large', region: 'us-east-1', mode: 'spot', currentPoolId: X },
      onDemandUsdPerHour: 0.12,
      prices: [{ poolId: X, spotUsdPerHour: 0.03, observedAt }],
      ...{ rejected: [], observedAt, receivedAt: observedAt, body: {} },
    },
  });
}
