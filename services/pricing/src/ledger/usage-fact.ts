import type { Mode, ReplicaType, Role, Trigger } from '@spotopt/contracts';

/** What an event says about one machine. */
export type UsageChange =
  | { readonly kind: 'launched'; readonly replicaType: ReplicaType }
  /** Only says where and how the machine runs. */
  | { readonly kind: 'placed' }
  | { readonly kind: 'role'; readonly role: Role; readonly epoch: number }
  /** Another machine became the primary under this epoch. */
  | { readonly kind: 'replaced'; readonly epoch: number; readonly trigger: Trigger }
  /** A standby that nobody wants any more; it runs until it is terminated. */
  | { readonly kind: 'given-up' }
  | { readonly kind: 'agent-deleted' }
  | { readonly kind: 'terminated' };

export interface UsageFact {
  /** Of the event; unique together with the machine and the kind. */
  readonly eventId: string;
  readonly agentId: string;
  readonly clientId: string;
  /** Null for what holds for every machine of the workload. */
  readonly instanceId: string | null;
  readonly ec2InstanceId: string | null;
  readonly poolId: string | null;
  /** `unknown` where the event does not say. */
  readonly mode: Mode;
  /** When it happened, which is not when the event came. */
  readonly atMs: number;
  readonly change: UsageChange;
}

const RANK: Readonly<Record<UsageChange['kind'], number>> = {
  launched: 0,
  placed: 1,
  replaced: 2,
  role: 3,
  'given-up': 4,
  'agent-deleted': 5,
  terminated: 6,
};

/**
 * By time, then by what one transaction does first, then by epoch. Total, so that whatever is computed from the
 * facts in this order does not depend on the order in which they came.
 */
export function inOrder(facts: readonly UsageFact[]): UsageFact[] {
  return facts.toSorted(
    (a, b) =>
      a.atMs - b.atMs ||
      RANK[a.change.kind] - RANK[b.change.kind] ||
      epochOf(a.change) - epochOf(b.change) ||
      compareText(a.eventId, b.eventId) ||
      compareText(a.instanceId ?? '', b.instanceId ?? ''),
  );
}

function epochOf(change: UsageChange): number {
  return 'epoch' in change ? change.epoch : 0;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
