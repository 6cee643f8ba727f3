import type { IncidentView, InterruptionSignal } from '@spotopt/contracts';
import { StateMachine } from '@spotopt/kernel';

export type IncidentState = IncidentView['state'];
export type Urgency = IncidentView['urgency'];

export const incidentLifecycle = new StateMachine<IncidentState>('incident', {
  detected: ['handling', 'survived', 'lost', 'expired'],
  handling: ['survived', 'lost', 'expired'],
  survived: [],
  // A failover that ends after the deadline still saved the workload.
  lost: ['survived'],
  // A planned switch that became the failover says so only at its end.
  expired: ['survived'],
});

export const OPEN_STATES: readonly IncidentState[] = ['detected', 'handling'];

/** Everything that was ever said about one machine going away, and what became of it. */
export interface Incident {
  readonly id: string;
  readonly agentId: string;
  readonly clientId: string;
  readonly ec2InstanceId: string;
  readonly poolId: string | null;
  readonly state: IncidentState;
  readonly urgency: Urgency;
  readonly firstSignalAt: Date;
  /** When the newest signal arrived here. */
  readonly lastSignalAt: Date;
  /** First notice, as opposed to a mere recommendation. */
  readonly noticeAt: Date | null;
  readonly deadlineAt: Date | null;
  readonly signalCount: number;
  readonly risk: number | null;
  readonly switchId: string | null;
  /** Last time the coordinator was told; a sweep tells it again while nothing happens. */
  readonly announcedAt: Date;
  readonly failoverMs: number | null;
  readonly closedAt: Date | null;
  readonly version: number;
}

/** A sign, from whichever source, that a machine may go away. */
export interface Signal {
  readonly ec2InstanceId: string;
  readonly kind: InterruptionSignal;
  readonly source: 'imds' | 'eventbridge' | 'sweep' | 'operator';
  readonly detectedAt: Date;
  readonly deadlineAt: Date | null;
}

/** EC2 gives two minutes; the event that says so may be this late. */
const NOTICE_MS = 120_000;
const NOTICE_MARGIN_MS = 2_000;
/** A notice with a deadline this much later than the known one is another notice. */
const OTHER_NOTICE_MS = 10 * 60_000;

/** EventBridge's warning names no deadline (it is only in the metadata), so it follows from its time. */
export function deadlineOf(signal: Signal): Date | null {
  if (signal.deadlineAt !== null || signal.kind !== 'termination-notice') return signal.deadlineAt;
  return new Date(signal.detectedAt.getTime() + NOTICE_MS - NOTICE_MARGIN_MS);
}

export function urgencyOf(kind: InterruptionSignal): Urgency {
  return kind === 'termination-notice' ? 'terminate' : 'warn';
}

export type Fusion =
  | { readonly kind: 'open' }
  /** The machine really goes: what was a recommendation becomes a notice. */
  | { readonly kind: 'raise' }
  /** Nothing new. */
  | { readonly kind: 'note' };

/**
 * What a signal means beside the machine's latest incident. A machine is taken back once, so every repeat of a
 * notice, from any source, early or long after the failover, belongs to the same incident.
 */
export function fuse(latest: Incident | null, signal: Signal): Fusion {
  if (latest === null) return { kind: 'open' };
  const open = OPEN_STATES.includes(latest.state);
  if (urgencyOf(signal.kind) === 'warn') {
    return latest.state === 'expired' ? { kind: 'open' } : { kind: 'note' };
  }
  if (latest.urgency === 'warn') return open ? { kind: 'raise' } : { kind: 'open' };
  return !open && isOtherNotice(latest, signal) ? { kind: 'open' } : { kind: 'note' };
}

function isOtherNotice(latest: Incident, signal: Signal): boolean {
  const known = latest.deadlineAt?.getTime() ?? latest.firstSignalAt.getTime();
  const told = deadlineOf(signal)?.getTime() ?? known;
  return told - known > OTHER_NOTICE_MS;
}
