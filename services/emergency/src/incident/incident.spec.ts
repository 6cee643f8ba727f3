import { describe, expect, it } from '@jest/globals';
import {
  deadlineOf,
  fuse,
  type Incident,
  type IncidentState,
  incidentLifecycle,
  type Signal,
  urgencyOf,
} from './incident.js';

const AT = new Date('2026-11-21T12:00:00.000Z');
const later = (seconds: number): Date => new Date(AT.getTime() + seconds * 1000);
const signal = (change: Partial<Signal> = {}): Signal => ({
  ec2InstanceId: 'i-0001',
  kind: 'termination-notice',
  source: 'imds',
  detectedAt: AT,
  deadlineAt: null,
  ...change,
});
const incident = (state: IncidentState, urgency: Incident['urgency'] = 'terminate'): Incident => ({
  id: 'incident-1',
  agentId: 'agent-1',
  clientId: 'client-1',
  ec2InstanceId: 'i-0001',
  poolId: null,
  state,
  urgency,
  firstSignalAt: AT,
  lastSignalAt: AT,
  noticeAt: urgency === 'terminate' ? AT : null,
  deadlineAt: urgency === 'terminate' ? later(118) : null,
  signalCount: 1,
  risk: null,
  switchId: null,
  announcedAt: AT,
  failoverMs: null,
  closedAt: null,
  version: 1,
});
const warn = signal({ kind: 'rebalance-recommendation' });

describe('what a signal means beside the latest incident', () => {
  it.each<[string, Incident | null, Signal, string]>([
    ['the first notice', null, signal(), 'open'],
    ['the first recommendation', null, warn, 'open'],
    ['a repeated notice', incident('detected'), signal({ source: 'eventbridge' }), 'note'],
    ['a recommendation after the notice', incident('handling'), warn, 'note'],
    ['a notice after the recommendation', incident('detected', 'warn'), signal(), 'raise'],
    ['a repeated recommendation', incident('detected', 'warn'), warn, 'note'],
    ['a recommendation after one expired', incident('expired', 'warn'), warn, 'open'],
    ['a notice after a recommendation expired', incident('expired', 'warn'), signal(), 'open'],
    ['a late notice after the survival', incident('survived'), signal({ detectedAt: later(300) }), 'note'],
    ['a late recommendation after the survival', incident('survived'), warn, 'note'],
    ['a late notice after the loss', incident('lost'), signal(), 'note'],
    ['another notice much later', incident('survived'), signal({ deadlineAt: later(118 + 601) }), 'open'],
    ['a far deadline while one is open', incident('handling'), signal({ deadlineAt: later(4_000) }), 'note'],
  ])('%s', (_case, latest, sign, kind) => {
    expect(fuse(latest, sign).kind).toBe(kind);
  });
});

describe('a signal', () => {
  it('has the deadline that it names, else two minutes less a margin, else none', () => {
    expect(deadlineOf(signal({ deadlineAt: later(90) }))).toEqual(later(90));
    expect(deadlineOf(signal())).toEqual(later(118));
    expect(deadlineOf(warn)).toBeNull();
    expect(deadlineOf(signal({ kind: 'scheduled-maintenance', deadlineAt: later(9_000) }))).toEqual(
      later(9_000),
    );
  });

  it('is urgent only when it is a notice', () => {
    expect(urgencyOf('termination-notice')).toBe('terminate');
    expect(urgencyOf('rebalance-recommendation')).toBe('warn');
    expect(urgencyOf('scheduled-maintenance')).toBe('warn');
  });
});

describe('the life of an incident', () => {
  it('ends once, but a late survival still counts', () => {
    expect(incidentLifecycle.table).toEqual({
      detected: ['handling', 'survived', 'lost', 'expired'],
      handling: ['survived', 'lost', 'expired'],
      survived: [],
      lost: ['survived'],
      expired: ['survived'],
    });
  });
});
