import type { EventDefinition, EventOf } from '@spotopt/contracts';
import type { Inbox, Tx, UnitOfWork } from '@spotopt/kernel';
import { dayOf } from './day.js';
import { factsOf, occurrenceOf } from './fact-sources.js';
import { machineUsageOf } from './machine-usage.js';
import type { MachineUsage, UsageFact, UsageInterval, UsageStore } from './ports.js';
import { firstDifferenceMs } from './usage-interval.js';

export interface RecordUsageDeps {
  readonly uow: UnitOfWork;
  readonly inbox: Inbox;
  readonly usage: UsageStore;
}

/**
 * Keeps what events say about machines, and works the life of each touched machine out anew from all of it, so
 * that order and repetition do not matter. A day that was closed before the news came is closed again.
 */
export class RecordUsage {
  constructor(private readonly deps: RecordUsageDeps) {}

  async execute(event: EventOf<EventDefinition>): Promise<void> {
    const facts = factsOf(event);
    const occurrence = occurrenceOf(event);
    const about = facts[0] ?? occurrence;
    if (about === null) return;
    const { inbox, usage } = this.deps;
    await this.deps.uow.run(async (tx) => {
      if (!(await inbox.claim(tx, 'pricing.ledger', event.id))) return;
      const locked = new Set<string>();
      await this.#lock(tx, locked, [about, ...(await this.#sharers(tx, facts))]);
      await usage.addFacts(tx, facts);
      const machines = await this.#machinesOf(tx, facts);
      const changes = new Map<string, number | null>([[about.agentId, null]]);
      for (const ec2InstanceId of machines) await this.#refold(tx, ec2InstanceId, facts, changes);
      if (occurrence !== null) {
        note(changes, about.agentId, await usage.addOccurrence(tx, occurrence));
      }
      // Whoever came to share a machine since the first look.
      await this.#lock(tx, locked, await this.#sharers(tx, facts));
      for (const [agentId, changedFromMs] of changes) {
        await usage.noteChange(tx, agentId, changedFromMs === null ? null : dayOf(changedFromMs));
      }
    });
  }

  /** In the order of their ids, so that two events about the same workloads do not wait for each other. */
  async #lock(tx: Tx, locked: Set<string>, agents: readonly Owner[]): Promise<void> {
    const wanted = new Map(agents.map((agent) => [agent.agentId, agent]));
    for (const agentId of [...wanted.keys()].sort()) {
      const agent = wanted.get(agentId);
      if (agent === undefined || locked.has(agentId)) continue;
      await this.deps.usage.lockAgent(tx, { agentId, clientId: agent.clientId });
      locked.add(agentId);
    }
  }

  /** Every workload that a machine of the news was ever a part of: the news may change the days of each. */
  async #sharers(tx: Tx, news: readonly UsageFact[]): Promise<Owner[]> {
    const owners: Owner[] = [...news];
    for (const ec2InstanceId of await this.#machinesOf(tx, news)) {
      owners.push(...(await this.deps.usage.factsOf(tx, ec2InstanceId)));
    }
    return owners;
  }

  async #machinesOf(tx: Tx, facts: readonly UsageFact[]): Promise<Set<string>> {
    const machines = new Set<string>();
    for (const fact of facts) {
      for (const ec2InstanceId of await this.deps.usage.machinesOf(tx, fact)) machines.add(ec2InstanceId);
    }
    return machines;
  }

  async #refold(
    tx: Tx,
    ec2InstanceId: string,
    news: readonly UsageFact[],
    changes: Map<string, number | null>,
  ): Promise<void> {
    const { usage } = this.deps;
    const before = await usage.findMachine(tx, ec2InstanceId);
    const after = machineUsageOf(ec2InstanceId, await usage.factsOf(tx, ec2InstanceId));
    await usage.saveMachine(tx, ec2InstanceId, after);
    const changedFromMs = changedFrom(before, after);
    for (const { agentId } of [...news, ...intervalsOf(before), ...intervalsOf(after)]) {
      note(changes, agentId, changedFromMs);
    }
  }
}

interface Owner {
  readonly agentId: string;
  readonly clientId: string;
}

/** Another mode or pool means another price for all of the machine's life. */
function changedFrom(before: MachineUsage | null, after: MachineUsage | null): number | null {
  const [old, now] = [intervalsOf(before), intervalsOf(after)];
  if (before?.poolId === after?.poolId && before?.mode === after?.mode) return firstDifferenceMs(old, now);
  return Math.min(...[...old, ...now].map(({ fromMs }) => fromMs));
}

function intervalsOf(machine: MachineUsage | null): readonly UsageInterval[] {
  return machine?.intervals ?? [];
}

function note(changes: Map<string, number | null>, agentId: string, atMs: number | null): void {
  const known = changes.get(agentId) ?? null;
  changes.set(agentId, atMs === null ? known : Math.min(known ?? Infinity, atMs));
}
