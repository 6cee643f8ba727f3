import { Mode } from '@spotopt/contracts';
import {
  idColumn,
  instantColumn,
  intColumn,
  bigintColumn,
  jsonColumn,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { LedgerAgent, MachineUsage, Occurrence, UsageFact, UsageInterval } from './ports.js';
import type { UsageChange } from './usage-fact.js';

@Entity('usage_fact')
export class UsageFactRow {
  @PrimaryColumn(idColumn({ name: 'event_id' })) eventId!: string;
  /** Empty for what holds for every machine of the workload. */
  @PrimaryColumn(idColumn({ name: 'instance_id' })) instanceId!: string;
  @PrimaryColumn(stringColumn(16)) kind!: string;
  @Column(idColumn({ name: 'ec2_instance_id', nullable: true })) ec2InstanceId!: string | null;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(idColumn({ name: 'pool_id', nullable: true })) poolId!: string | null;
  @Column(stringColumn(16)) mode!: string;
  @Column(instantColumn()) at!: Date;
  @Column(jsonColumn()) change!: unknown;
}

@Entity('usage_machine')
export class UsageMachineRow {
  @PrimaryColumn(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(stringColumn(16)) mode!: string;
  @Column(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(instantColumn({ name: 'started_at' })) startedAt!: Date;
  @Column(instantColumn({ name: 'ended_at', nullable: true })) endedAt!: Date | null;
}

@Entity('usage_interval')
export class UsageIntervalRow {
  @PrimaryColumn(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @PrimaryColumn(instantColumn({ name: 'from_at' })) fromAt!: Date;
  @Column(instantColumn({ name: 'to_at', nullable: true })) toAt!: Date | null;
  @Column(idColumn({ name: 'instance_id' })) instanceId!: string;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(stringColumn(16)) role!: string;
  @Column(stringColumn(16)) purpose!: string;
}

@Entity('ledger_occurrence')
export class OccurrenceRow {
  @PrimaryColumn(stringColumn(16)) kind!: string;
  @PrimaryColumn(idColumn()) id!: string;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(instantColumn()) at!: Date;
  @Column(bigintColumn({ name: 'downtime_ms' })) downtimeMs!: number;
}

@Entity('ledger_agent')
export class LedgerAgentRow {
  @PrimaryColumn(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(stringColumn(10, { name: 'first_day', nullable: true })) firstDay!: string | null;
  /** When the last day on which anything ran was closed for the last time; null while something runs. */
  @Column(stringColumn(10, { name: 'review_until', nullable: true })) reviewUntil!: string | null;
  @Column(stringColumn(10, { name: 'next_day', nullable: true })) nextDay!: string | null;
  @Column(intColumn()) changes!: number;
}

export function toFactRow(fact: UsageFact): UsageFactRow {
  const { atMs, instanceId, change, ...rest } = fact;
  return { ...rest, instanceId: instanceId ?? '', kind: change.kind, at: new Date(atMs), change };
}

export function toFact(row: UsageFactRow): UsageFact {
  const { eventId, agentId, clientId, ec2InstanceId, poolId } = row;
  return {
    ...{ eventId, agentId, clientId, ec2InstanceId, poolId },
    instanceId: row.instanceId === '' ? null : row.instanceId,
    mode: Mode.parse(row.mode),
    atMs: row.at.getTime(),
    change: row.change as UsageChange,
  };
}

export function toMachineRow({ intervals: _intervals, ...machine }: MachineUsage): UsageMachineRow {
  const { startedAtMs, endedAtMs, ...rest } = machine;
  return {
    ...rest,
    startedAt: new Date(startedAtMs),
    endedAt: endedAtMs === null ? null : new Date(endedAtMs),
  };
}

export function toMachine(row: UsageMachineRow, intervals: readonly UsageIntervalRow[]): MachineUsage {
  const { ec2InstanceId, clientId, poolId, startedAt, endedAt } = row;
  return {
    ...{ ec2InstanceId, clientId, poolId },
    mode: Mode.parse(row.mode),
    startedAtMs: startedAt.getTime(),
    endedAtMs: endedAt?.getTime() ?? null,
    intervals: intervals.map(toInterval),
  };
}

export function toIntervalRow(ec2InstanceId: string, interval: UsageInterval): UsageIntervalRow {
  const { fromMs, toMs, ...rest } = interval;
  return {
    ...rest,
    ec2InstanceId,
    fromAt: new Date(fromMs),
    toAt: toMs === null ? null : new Date(toMs),
  };
}

function toInterval(row: UsageIntervalRow): UsageInterval {
  const { agentId, clientId, instanceId, fromAt, toAt } = row;
  return {
    ...{ agentId, clientId, instanceId },
    role: row.role as UsageInterval['role'],
    purpose: row.purpose as UsageInterval['purpose'],
    fromMs: fromAt.getTime(),
    toMs: toAt?.getTime() ?? null,
  };
}

export function toOccurrence({ at, kind, ...row }: OccurrenceRow): Occurrence {
  return { ...row, kind: kind as Occurrence['kind'], atMs: at.getTime() };
}

export function toLedgerAgent(row: LedgerAgentRow): LedgerAgent {
  const { agentId, clientId, firstDay, nextDay, changes } = row;
  return { agentId, clientId, firstDay, nextDay, changes };
}
