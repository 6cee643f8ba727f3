import type { AgentCommand, ResolvedAgent } from '@spotopt/contracts';
import type { Tx, UnitOfWork } from '@spotopt/kernel';
import type { CommandStatus, StoredCommand } from './command.js';

/** The mailbox of every agent: the truth about commands. */
export abstract class CommandStore {
  /** False when the command is there already. */
  abstract insert(tx: Tx, command: AgentCommand, createdAtMs: number): Promise<boolean>;
  abstract find(tx: Tx, commandId: string): Promise<StoredCommand | null>;
  /** Commands of an installation that nobody finished, without order. */
  abstract open(tx: Tx, agentKey: string): Promise<readonly StoredCommand[]>;
  abstract markDelivered(tx: Tx, commandIds: readonly string[], deliveredAtMs: number): Promise<void>;
  /** Delivered switch commands of an agent that reported its switch: they are not given out again. */
  abstract markExecuting(tx: Tx, agentKey: string): Promise<void>;
  /** True for the one caller that finished it at this version. */
  abstract finish(tx: Tx, stored: StoredCommand, end: CommandEnd): Promise<boolean>;
  /** Not finished and past their deadline, oldest first. */
  abstract overdue(tx: Tx, nowMs: number, limit: number): Promise<readonly StoredCommand[]>;
  abstract deleteFinished(uow: UnitOfWork, beforeMs: number, signal: AbortSignal): Promise<number>;
}

export interface CommandEnd {
  readonly status: Extract<CommandStatus, 'completed' | 'failed' | 'expired'>;
  readonly message: string;
  readonly result: Readonly<Record<string, unknown>>;
  readonly finishedAtMs: number;
}

/** The fast path to an agent. Ringing may fail: the mailbox has the command. */
export abstract class CommandBell {
  /** Name of the queue that an agent listens to. */
  abstract queueOf(agentKey: string): string;
  /** Makes the queue exist; never throws. */
  abstract prepare(agentKey: string): Promise<void>;
  /** Puts the command into the agent’s queue; never throws. */
  abstract ring(command: AgentCommand): Promise<void>;
}

/** Whether a heartbeat should say that there is something to fetch. */
export abstract class PendingCommands {
  abstract hasPending(agent: ResolvedAgent): Promise<boolean>;
}
