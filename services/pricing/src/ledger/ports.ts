import type { Tx } from '@spotopt/kernel';
import type { Figures } from './figures.js';
import type { MachineUsage } from './machine-usage.js';
import type { MicroUsd } from './money.js';
import type { PricedLine } from './price-usage.js';
import type { UsageFact } from './usage-fact.js';
import type { UsageInterval } from './usage-interval.js';

export type { Figures } from './figures.js';
export type { MachineUsage } from './machine-usage.js';
export type { PricedLine } from './price-usage.js';
export type { UsageFact } from './usage-fact.js';
export type { UsageInterval } from './usage-interval.js';

/** Something that is counted per day. */
export interface Occurrence {
  readonly kind: 'switch' | 'interruption';
  /** Of the switch or the incident: each counts once. */
  readonly id: string;
  readonly agentId: string;
  readonly clientId: string;
  readonly atMs: number;
  readonly downtimeMs: number;
}

/** Whose ledger; null for everybody's. */
export interface LedgerScope {
  readonly clientId: string | null;
  readonly agentId: string | null;
}

/** A workload and how far its days are closed. Days are UTC days as `2026-11-21`. */
export interface LedgerAgent {
  readonly agentId: string;
  readonly clientId: string;
  /** Day of its first machine; null while none is known. */
  readonly firstDay: string | null;
  /** First day that is not closed, or that changed since it was closed; null when none ever was. */
  readonly nextDay: string | null;
  /** Grows with whatever changes its days: equal to what was read before means that nothing did since. */
  readonly changes: number;
}

/** A machine with the intervals of it that are asked for. */
export interface UsedMachine extends Omit<MachineUsage, 'intervals'> {
  readonly intervals: readonly UsageInterval[];
}

/** Which machines ran when, for whom, in which role. */
export abstract class UsageStore {
  /** Holds the workload's ledger against other writers until the transaction ends; several in the order of ids. */
  abstract lockAgent(tx: Tx, agent: { readonly agentId: string; readonly clientId: string }): Promise<void>;

  /** Facts that are there already stay as they are. */
  abstract addFacts(tx: Tx, facts: readonly UsageFact[]): Promise<void>;

  /** Ids of the EC2 instances that a fact is about; none while its machine has no id. */
  abstract machinesOf(tx: Tx, fact: UsageFact): Promise<string[]>;

  /** Everything known about a machine, under whichever of our ids, and the ends of its workloads. */
  abstract factsOf(tx: Tx, ec2InstanceId: string): Promise<UsageFact[]>;

  abstract findMachine(tx: Tx, ec2InstanceId: string): Promise<UsedMachine | null>;

  /** Replaces what was known; null removes it. */
  abstract saveMachine(tx: Tx, ec2InstanceId: string, machine: MachineUsage | null): Promise<void>;

  /** Of one incident the earliest stays. Answers the earliest moment whose count changed; null for none. */
  abstract addOccurrence(tx: Tx, occurrence: Occurrence): Promise<number | null>;

  /** Machines that ran in [fromMs, untilMs), with their intervals of that time, in a stable order. */
  abstract machinesIn(
    tx: Tx,
    scope: LedgerScope & { readonly fromMs: number; readonly untilMs: number },
  ): Promise<UsedMachine[]>;

  abstract occurrencesIn(
    tx: Tx,
    scope: LedgerScope & { readonly fromMs: number; readonly untilMs: number },
  ): Promise<Occurrence[]>;

  /** Start of the first machine; null when there is none. */
  abstract firstUseMs(tx: Tx, scope: LedgerScope): Promise<number | null>;

  /** Which of the EC2 instances a tenant ever ran. */
  abstract knownMachines(tx: Tx, clientId: string, ec2InstanceIds: readonly string[]): Promise<Set<string>>;

  /**
   * For a workload that is locked. Brings its first day and end up to date; days from `changedFromDay` on are closed again.
   * @param changedFromDay null when nothing of the past changed
   */
  abstract noteChange(tx: Tx, agentId: string, changedFromDay: string | null): Promise<void>;

  /** Workloads with a day before `today` to close, in the order of their ids. */
  abstract listDue(
    tx: Tx,
    page: { readonly today: string; readonly after: string; readonly limit: number },
  ): Promise<LedgerAgent[]>;

  /** Workloads of which a day up to `today` may not be closed. */
  abstract listOpen(tx: Tx, scope: LedgerScope, today: string): Promise<LedgerAgent[]>;

  /** False when a day changed since `agent` was read. */
  abstract setNextDay(tx: Tx, agent: LedgerAgent, nextDay: string): Promise<boolean>;

  /** Machines that ended before, with all that is known of them; answers how many. */
  abstract deleteEndedBefore(tx: Tx, beforeMs: number, limit: number): Promise<number>;

  /**
   * Facts from before that name no EC2 instance and are about nothing that is known any more: of a machine that is
   * forgotten or never came to be, or of a workload without machines.
   */
  abstract deleteStrayFactsBefore(tx: Tx, beforeMs: number, limit: number): Promise<number>;

  abstract deleteOccurrencesBefore(tx: Tx, beforeMs: number, limit: number): Promise<number>;
}

/** A workload's day as it was last closed. */
export interface ClosedDay {
  readonly agentId: string;
  readonly clientId: string;
  readonly day: string;
  readonly revision: number;
  readonly closedAt: Date;
  readonly figures: Figures;
  /** What the primary's hours would have cost on-demand; null when a part of that is not known for sure. */
  readonly counterfactualMicroUsd: MicroUsd | null;
}

/** One closing of a day; the last one is in force. */
export interface Closing extends ClosedDay {
  readonly changed: readonly string[];
}

/** A day of all workloads of a scope together. */
export interface DaySum {
  readonly day: string;
  readonly figures: Figures;
  readonly counterfactualMicroUsd: MicroUsd | null;
  readonly revised: boolean;
}

/** Days of a scope, both included. */
export interface DayRange extends LedgerScope {
  readonly from: string;
  readonly to: string;
}

/** Closed days: what they came to, from which lines, and what earlier closings said. */
export abstract class LedgerStore {
  abstract findDay(tx: Tx, agentId: string, day: string): Promise<ClosedDay | null>;

  /** Puts the closing into force, with its lines, and keeps it for good. */
  abstract addClosing(tx: Tx, closing: Closing, lines: readonly PricedLine[]): Promise<void>;

  /** Of a closed day whose figures stay as they are. */
  abstract replaceLines(
    tx: Tx,
    of: { readonly agentId: string; readonly day: string },
    lines: readonly PricedLine[],
  ): Promise<void>;

  /** Oldest first. */
  abstract sumByDay(tx: Tx, range: DayRange): Promise<DaySum[]>;

  abstract sumByClient(tx: Tx, range: DayRange): Promise<{ clientId: string; figures: Figures }[]>;

  /** The closed days of each workload by itself. */
  abstract days(tx: Tx, range: DayRange): Promise<ClosedDay[]>;

  abstract lines(tx: Tx, range: DayRange): Promise<PricedLine[]>;

  abstract linesOfMachine(
    tx: Tx,
    ec2InstanceId: string,
  ): Promise<{ readonly day: string; readonly line: PricedLine }[]>;

  /** Oldest first. */
  abstract closings(tx: Tx, range: DayRange): Promise<Closing[]>;

  /** Closed days before `day` with their lines and closings; answers how many days. */
  abstract deleteBefore(tx: Tx, day: string, limit: number): Promise<number>;
}

export interface SettledCost {
  readonly clientId: string;
  readonly ec2InstanceId: string;
  /** Start of the UTC hour in which it was charged. */
  readonly hourAt: Date;
  readonly usd: number;
  readonly hours: number | null;
  readonly source: string;
  readonly importId: string;
  readonly importedAt: Date;
}

/** What AWS charged, per machine and hour. */
export abstract class SettledCostStore {
  /** Replaces what was there for the same machine and hour from the same source. */
  abstract save(tx: Tx, cost: SettledCost): Promise<void>;

  /**
   * Cost of each closed day for which every machine that ran has one; other days are left out. Of two sources for a
   * machine and day the cost and usage report counts.
   */
  abstract sumByDay(tx: Tx, range: DayRange): Promise<{ day: string; microUsd: MicroUsd }[]>;

  abstract deleteBefore(tx: Tx, day: string, limit: number): Promise<number>;
}
