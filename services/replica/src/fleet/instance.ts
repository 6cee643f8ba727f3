import {
  type Mode,
  parsePoolId,
  regionOf,
  type ReplicaStatus,
  type ReplicaType,
  type Role,
} from '@spotopt/contracts';
import { StateMachine } from '@spotopt/kernel';

/**
 * Life of one machine of a workload, from the wish for it to its end. A standby that is given up goes
 * straight to `zombie`: it still runs and costs money until its termination is confirmed.
 */
export type InstanceState =
  'launching' | 'syncing' | 'ready' | 'promoting' | 'primary' | 'zombie' | 'terminated' | 'failed';

export const instanceLifecycle = new StateMachine<InstanceState>('instance', {
  launching: ['syncing', 'ready', 'zombie', 'terminated', 'failed'],
  syncing: ['ready', 'zombie', 'terminated', 'failed'],
  ready: ['promoting', 'zombie', 'terminated'],
  // Back to ready when a planned switch is rolled back before its commit.
  promoting: ['primary', 'ready', 'zombie', 'terminated'],
  // Back to ready only when a person asked to keep the old primary as the next standby.
  primary: ['zombie', 'ready', 'terminated'],
  // Back to ready only when the machine that took over never confirmed.
  zombie: ['terminated', 'ready'],
  terminated: [],
  // A machine that was given up before it had an id may still come to life; then it must be ended.
  failed: ['zombie'],
});

/** Nobody asked for such a machine: it registered by itself, and is never promoted by a program or terminated. */
export const UNASKED = 'registration';
/** A person asked to keep this old primary as a standby. */
export const DEMOTED = 'demotion';
/** The decision engine asked for it, and says when it does not pay any more. */
export const ADVISED = 'decision';

export const STANDBY_STATES: readonly InstanceState[] = ['launching', 'syncing', 'ready', 'promoting'];
export const RUNNING_STATES: readonly InstanceState[] = [...STANDBY_STATES, 'primary', 'zombie'];

export interface Instance {
  readonly id: string;
  readonly agentId: string;
  readonly clientId: string;
  /** Null until EC2 gave it one. */
  readonly ec2InstanceId: string | null;
  readonly state: InstanceState;
  /** Null for a machine that registered as the first primary. */
  readonly replicaType: ReplicaType | null;
  readonly poolId: string;
  readonly instanceType: string;
  readonly region: string;
  readonly az: string;
  readonly mode: Mode;
  readonly amiId: string | null;
  readonly syncStatus: 'initializing' | 'syncing' | 'synced' | 'out-of-sync';
  readonly syncLatencyMs: number | null;
  readonly stateTransferProgress: number;
  readonly createdBy: string;
  readonly requestId: string | null;
  readonly failureReason: string | null;
  /** Command that launches the machine; null when nobody was commanded. */
  readonly launchCommandId: string | null;
  readonly createdAt: Date;
  readonly launchedAt: Date | null;
  readonly readyAt: Date | null;
  readonly promotedAt: Date | null;
  readonly zombieSince: Date | null;
  readonly terminationRequestedAt: Date | null;
  readonly terminatedAt: Date | null;
  readonly lastHeartbeatAt: Date | null;
  /** Highest epoch that the machine’s agent said it obeys. */
  readonly confirmedEpoch: number | null;
  readonly version: number;
}

/** What is known of a machine when its row is made; the rest follows from its pool or comes later. */
export type NewMachine = Pick<
  Instance,
  'id' | 'agentId' | 'clientId' | 'state' | 'replicaType' | 'poolId' | 'mode' | 'createdBy' | 'createdAt'
> &
  Partial<Instance>;

export function newMachine(facts: NewMachine): Instance {
  const { instanceType, az } = parsePoolId(facts.poolId);
  return {
    ec2InstanceId: null,
    instanceType,
    region: regionOf(az),
    az,
    amiId: null,
    syncStatus: 'initializing',
    syncLatencyMs: null,
    stateTransferProgress: 0,
    requestId: null,
    failureReason: null,
    launchCommandId: null,
    launchedAt: null,
    readyAt: null,
    promotedAt: null,
    zombieSince: null,
    terminationRequestedAt: null,
    terminatedAt: null,
    lastHeartbeatAt: null,
    confirmedEpoch: null,
    version: 1,
    ...facts,
  };
}

export function roleOf(state: InstanceState): Role {
  switch (state) {
    case 'launching':
    case 'syncing':
    case 'ready':
    case 'promoting':
      return 'REPLICA';
    case 'primary':
      return 'PRIMARY';
    case 'zombie':
      return 'ZOMBIE';
    case 'terminated':
    case 'failed':
      return 'TERMINATED';
  }
}

/** The word that replica routes use for a machine (`spec` of the wire: launching … failed). */
export function replicaStatusOf(instance: Instance): ReplicaStatus {
  if (instance.promotedAt !== null) return 'promoted';
  switch (instance.state) {
    case 'launching':
    case 'syncing':
    case 'ready':
      return instance.state;
    case 'promoting':
      return 'ready';
    case 'primary':
      return 'promoted';
    case 'zombie':
    case 'terminated':
      return 'terminated';
    case 'failed':
      return 'failed';
  }
}
