import type { ReplicaType, Trigger } from '@spotopt/contracts';
import type { UsageFact } from './usage-fact.js';
import type { Purpose, UsageInterval } from './usage-interval.js';

type RunningRole = UsageInterval['role'];
type RoleFact = UsageFact & { readonly change: { readonly kind: 'role' } };

interface Standing {
  readonly agentId: string;
  readonly clientId: string;
  readonly instanceId: string;
  readonly role: RunningRole;
  readonly epoch: number | null;
}

/** Walks through the facts of one machine in their order and writes down how long it had which role. */
export class RoleWalk {
  readonly #intervals: UsageInterval[] = [];
  readonly #triggers = new Map<string, Trigger>();
  readonly #epochs = new Map<string, number>();
  readonly #deletedAgents = new Set<string>();
  #standing: Standing | null = null;
  #openSinceMs: number | null = null;
  #isNamed = false;
  #isGivenUp = false;
  #wasPrimary = false;

  constructor(
    private readonly replicaType: ReplicaType | null,
    facts: readonly UsageFact[],
  ) {
    for (const { agentId, change } of facts) {
      if (change.kind === 'replaced') this.#triggers.set(keyOf(agentId, change.epoch), change.trigger);
    }
  }

  take(fact: UsageFact): void {
    switch (fact.change.kind) {
      case 'launched':
        this.#launched(fact);
        break;
      case 'role':
        this.#role(fact as RoleFact);
        break;
      case 'given-up':
        this.#givenUp(fact);
        break;
      case 'agent-deleted':
        this.#deleted(fact);
        break;
      case 'placed':
      case 'replaced':
      case 'terminated':
        break;
    }
  }

  intervals(): UsageInterval[] {
    return [...this.#intervals, ...this.#closedAt(null)];
  }

  /** The machine exists from here on; a role that was stated before begins to cost. */
  #launched(fact: UsageFact): void {
    this.#name(fact);
    if (this.#standing !== null) {
      this.#openSinceMs ??= fact.atMs;
      return;
    }
    const isUnwanted = this.#isGivenUp || this.#deletedAgents.has(fact.agentId);
    this.#become(fact, isUnwanted ? 'ZOMBIE' : 'REPLICA', null);
  }

  #role(fact: RoleFact): void {
    const { role, epoch } = fact.change;
    if (epoch < (this.#epochs.get(fact.agentId) ?? 0)) return;
    this.#epochs.set(fact.agentId, epoch);
    this.#name(fact);
    if (role === 'TERMINATED') {
      this.#end(fact.atMs);
      return;
    }
    // A deleted workload has neither a primary nor standbys, whatever is said late.
    if (role !== 'ZOMBIE' && this.#deletedAgents.has(fact.agentId)) return;
    this.#become(fact, role, epoch);
  }

  #givenUp(fact: UsageFact): void {
    this.#isGivenUp = true;
    if (this.#standing?.role === 'REPLICA') this.#become(fact, 'ZOMBIE', null);
  }

  /**
   * A workload that is deleted counts no further: nobody hears any more of its primary, nor of a standby that
   * registered by itself. Its zombies and the standbys that were given up cost until their end is reported.
   */
  #deleted(fact: UsageFact): void {
    this.#deletedAgents.add(fact.agentId);
    const standing = this.#standing;
    if (standing?.agentId === fact.agentId && standing.role !== 'ZOMBIE') this.#end(fact.atMs);
  }

  #name(fact: UsageFact): void {
    if (fact.ec2InstanceId !== null) this.#isNamed = true;
  }

  #become(fact: UsageFact, role: RunningRole, epoch: number | null): void {
    const { agentId, clientId, atMs } = fact;
    const before = this.#standing;
    const stays = before?.agentId === agentId && before.role === role;
    if (!stays) {
      this.#intervals.push(...this.#closedAt(atMs));
      if (before !== null && before.agentId !== agentId) this.#wasPrimary = false;
      this.#standing = { agentId, clientId, instanceId: fact.instanceId ?? '', role, epoch };
      this.#openSinceMs = null;
    }
    if (role === 'PRIMARY') this.#wasPrimary = true;
    if (this.#isNamed) this.#openSinceMs ??= atMs;
  }

  #end(atMs: number): void {
    this.#intervals.push(...this.#closedAt(atMs));
    this.#standing = null;
    this.#openSinceMs = null;
  }

  #closedAt(toMs: number | null): UsageInterval[] {
    const standing = this.#standing;
    const fromMs = this.#openSinceMs;
    if (standing === null || fromMs === null || toMs === fromMs) return [];
    const { agentId, clientId, instanceId, role } = standing;
    return [{ agentId, clientId, instanceId, role, purpose: this.#purposeOf(standing), fromMs, toMs }];
  }

  #purposeOf({ agentId, role, epoch }: Standing): Purpose {
    if (role === 'PRIMARY') return 'primary';
    // Whoever served before and is a REPLICA again was kept as the next standby.
    if (role === 'REPLICA') return this.#wasPrimary ? 'standby' : purposeOfType(this.replicaType);
    if (!this.#wasPrimary) return purposeOfType(this.replicaType);
    const trigger = epoch === null ? undefined : this.#triggers.get(keyOf(agentId, epoch));
    return trigger === 'emergency' ? 'interruption' : 'switch';
  }
}

function keyOf(agentId: string, epoch: number): string {
  return `${agentId} ${String(epoch)}`;
}

function purposeOfType(replicaType: ReplicaType | null): Exclude<Purpose, 'primary'> {
  switch (replicaType) {
    case 'switch':
      return 'switch';
    case 'automatic-termination':
      return 'interruption';
    case 'manual':
    case 'automatic-rebalance':
    case null:
      return 'standby';
  }
}
