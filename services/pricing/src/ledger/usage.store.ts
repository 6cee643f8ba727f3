import type { Tx } from '@spotopt/kernel';
import { insertIfAbsent, insertRows, managerOf, updateRows } from '@spotopt/persistence';
import { In, IsNull, LessThan, MoreThan, Not } from 'typeorm';
import { dayOf } from './day.js';
import {
  type LedgerAgent,
  type LedgerScope,
  type MachineUsage,
  type Occurrence,
  type UsageFact,
  UsageStore,
  type UsedMachine,
} from './ports.js';
import * as agents from './ledger-agent.store.js';
import { deleteStrayFactsBefore } from './stray-facts.store.js';
import {
  OccurrenceRow,
  toFact,
  toFactRow,
  toIntervalRow,
  toMachine,
  toMachineRow,
  toOccurrence,
  UsageFactRow,
  UsageIntervalRow,
  UsageMachineRow,
} from './usage-rows.store.js';

type Window = LedgerScope & { readonly fromMs: number; readonly untilMs: number };

const IN_LIST = 500;

export class SqlUsageStore extends UsageStore {
  override lockAgent(tx: Tx, agent: { readonly agentId: string; readonly clientId: string }): Promise<void> {
    return agents.lockAgent(tx, agent);
  }

  override async addFacts(tx: Tx, facts: readonly UsageFact[]): Promise<void> {
    for (const fact of facts) await insertIfAbsent(tx, UsageFactRow, toFactRow(fact));
  }

  override async machinesOf(tx: Tx, fact: UsageFact): Promise<string[]> {
    if (fact.ec2InstanceId !== null) return [fact.ec2InstanceId];
    const { instanceId, agentId, atMs } = fact;
    if (instanceId === null) return runningSince(tx, agentId, new Date(atMs));
    const rows = await managerOf(tx).findBy(UsageFactRow, { instanceId, ec2InstanceId: Not(IsNull()) });
    return [...new Set(rows.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []))].sort();
  }

  override async factsOf(tx: Tx, ec2InstanceId: string): Promise<UsageFact[]> {
    const manager = managerOf(tx);
    const named = await manager.findBy(UsageFactRow, { ec2InstanceId });
    const instanceIds = [...new Set(named.map((row) => row.instanceId))];
    const unnamed = await manager.findBy(UsageFactRow, {
      instanceId: In(instanceIds),
      ec2InstanceId: IsNull(),
    });
    const own = [...named, ...unnamed];
    const ends = await manager.findBy(UsageFactRow, {
      agentId: In([...new Set(own.map((row) => row.agentId))]),
      kind: 'agent-deleted',
    });
    return [...own, ...ends].map(toFact);
  }

  override async findMachine(tx: Tx, ec2InstanceId: string): Promise<UsedMachine | null> {
    const row = await managerOf(tx).findOneBy(UsageMachineRow, { ec2InstanceId });
    if (row === null) return null;
    const intervals = await managerOf(tx).find(UsageIntervalRow, {
      where: { ec2InstanceId },
      order: { fromAt: 'ASC' },
    });
    return toMachine(row, intervals);
  }

  override async saveMachine(tx: Tx, ec2InstanceId: string, machine: MachineUsage | null): Promise<void> {
    const manager = managerOf(tx);
    await manager.delete(UsageIntervalRow, { ec2InstanceId });
    if (machine === null) {
      await manager.delete(UsageMachineRow, { ec2InstanceId });
      return;
    }
    const row = toMachineRow(machine);
    if ((await updateRows(tx, UsageMachineRow, { ec2InstanceId }, row)) === 0) {
      await insertRows(tx, UsageMachineRow, row);
    }
    const intervals = machine.intervals.map((interval) => toIntervalRow(ec2InstanceId, interval));
    await insertRows(tx, UsageIntervalRow, ...intervals);
  }

  override async addOccurrence(tx: Tx, occurrence: Occurrence): Promise<number | null> {
    const { kind, id, atMs, ...rest } = occurrence;
    if (await insertIfAbsent(tx, OccurrenceRow, { ...rest, kind, id, at: new Date(atMs) })) return atMs;
    const known = await managerOf(tx).findOneBy(OccurrenceRow, { kind, id });
    if (known === null || known.at.getTime() <= atMs) return null;
    await updateRows(tx, OccurrenceRow, { kind, id }, { at: new Date(atMs) });
    return atMs;
  }

  override async machinesIn(tx: Tx, window: Window): Promise<UsedMachine[]> {
    const intervals = await managerOf(tx)
      .createQueryBuilder(UsageIntervalRow, 'used')
      .where(scopeOf(window))
      .andWhere('used.fromAt < :until', { until: new Date(window.untilMs) })
      .andWhere('(used.toAt IS NULL OR used.toAt > :from)', { from: new Date(window.fromMs) })
      .orderBy('used.ec2InstanceId')
      .addOrderBy('used.fromAt')
      .getMany();
    const byMachine = Map.groupBy(intervals, (row) => row.ec2InstanceId);
    const machines = await machineRows(tx, [...byMachine.keys()]);
    return machines.map((row) => toMachine(row, byMachine.get(row.ec2InstanceId) ?? []));
  }

  override async occurrencesIn(tx: Tx, window: Window): Promise<Occurrence[]> {
    const rows = await managerOf(tx)
      .createQueryBuilder(OccurrenceRow, 'occurrence')
      .where(scopeOf(window))
      .andWhere('occurrence.at >= :from AND occurrence.at < :until', {
        from: new Date(window.fromMs),
        until: new Date(window.untilMs),
      })
      .getMany();
    return rows.map(toOccurrence);
  }

  override async firstUseMs(tx: Tx, scope: LedgerScope): Promise<number | null> {
    const [first] = await managerOf(tx).find(UsageIntervalRow, {
      where: scopeOf(scope),
      order: { fromAt: 'ASC' },
      take: 1,
    });
    return first?.fromAt.getTime() ?? null;
  }

  override async knownMachines(
    tx: Tx,
    clientId: string,
    ec2InstanceIds: readonly string[],
  ): Promise<Set<string>> {
    const rows = await machineRows(tx, ec2InstanceIds);
    return new Set(rows.filter((row) => row.clientId === clientId).map((row) => row.ec2InstanceId));
  }

  override async noteChange(tx: Tx, agentId: string, changedFromDay: string | null): Promise<void> {
    const where = { agentId };
    const manager = managerOf(tx);
    const [first] = await manager.find(UsageIntervalRow, { where, order: { fromAt: 'ASC' }, take: 1 });
    const isRunning = await manager.existsBy(UsageIntervalRow, { ...where, toAt: IsNull() });
    const [last] = await manager.find(UsageIntervalRow, { where, order: { toAt: 'DESC' }, take: 1 });
    const lastEnd = last?.toAt ?? null;
    await agents.noteChange(tx, agentId, {
      firstDay: first === undefined ? null : dayOf(first.fromAt.getTime()),
      lastDay: isRunning || lastEnd === null ? null : dayOf(lastEnd.getTime()),
      changedFromDay,
    });
  }

  override listDue(
    tx: Tx,
    page: { readonly today: string; readonly after: string; readonly limit: number },
  ): Promise<LedgerAgent[]> {
    return agents.listDue(tx, page);
  }

  override listOpen(tx: Tx, scope: LedgerScope, today: string): Promise<LedgerAgent[]> {
    return agents.listOpen(tx, scope, today);
  }

  override setNextDay(tx: Tx, agent: LedgerAgent, nextDay: string): Promise<boolean> {
    return agents.setNextDay(tx, agent, nextDay);
  }

  override async deleteEndedBefore(tx: Tx, beforeMs: number, limit: number): Promise<number> {
    const manager = managerOf(tx);
    const ended = await manager.find(UsageMachineRow, {
      where: { endedAt: LessThan(new Date(beforeMs)) },
      order: { endedAt: 'ASC' },
      take: limit,
    });
    if (ended.length === 0) return 0;
    const ec2InstanceId = In(ended.map((row) => row.ec2InstanceId));
    for (const entity of [UsageIntervalRow, UsageFactRow, UsageMachineRow]) {
      await manager.delete(entity, { ec2InstanceId });
    }
    return ended.length;
  }

  override deleteStrayFactsBefore(tx: Tx, beforeMs: number, limit: number): Promise<number> {
    return deleteStrayFactsBefore(tx, new Date(beforeMs), limit);
  }

  override async deleteOccurrencesBefore(tx: Tx, beforeMs: number, limit: number): Promise<number> {
    const old = await managerOf(tx).find(OccurrenceRow, {
      where: { at: LessThan(new Date(beforeMs)) },
      order: { at: 'ASC' },
      take: limit,
    });
    for (const { kind, id } of old) await managerOf(tx).delete(OccurrenceRow, { kind, id });
    return old.length;
  }
}

/** What holds for all machines of a workload changes nothing about those that had ended by then. */
async function runningSince(tx: Tx, agentId: string, at: Date): Promise<string[]> {
  const rows = await managerOf(tx).find(UsageIntervalRow, {
    where: [
      { agentId, toAt: IsNull() },
      { agentId, toAt: MoreThan(at) },
    ],
  });
  return [...new Set(rows.map(({ ec2InstanceId }) => ec2InstanceId))].sort();
}

function scopeOf({ clientId, agentId }: LedgerScope): { clientId?: string; agentId?: string } {
  return { ...(clientId === null ? {} : { clientId }), ...(agentId === null ? {} : { agentId }) };
}

async function machineRows(tx: Tx, ids: readonly string[]): Promise<UsageMachineRow[]> {
  const rows: UsageMachineRow[] = [];
  for (let start = 0; start < ids.length; start += IN_LIST) {
    const ec2InstanceId = In(ids.slice(start, start + IN_LIST));
    const order = { ec2InstanceId: 'ASC' } as const;
    rows.push(...(await managerOf(tx).find(UsageMachineRow, { where: { ec2InstanceId }, order })));
  }
  return rows;
}
