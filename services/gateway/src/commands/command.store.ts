import { AgentCommand } from '@spotopt/contracts';
import type { Tx, UnitOfWork } from '@spotopt/kernel';
import {
  changeRows,
  deleteInChunks,
  idColumn,
  insertIfAbsent,
  instantColumn,
  intColumn,
  jsonColumn,
  managerOf,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, In, LessThanOrEqual, PrimaryColumn } from 'typeorm';
import { OPEN_STATUSES } from './command.js';
import type { CommandStatus, StoredCommand } from './command.js';
import { CommandStore } from './ports.js';
import type { CommandEnd } from './ports.js';

@Entity('agent_command')
export class CommandRow {
  @PrimaryColumn(idColumn({ name: 'command_id' }))
  commandId!: string;

  @Column(idColumn({ name: 'agent_key' }))
  agentKey!: string;

  @Column(idColumn({ name: 'agent_id' }))
  agentId!: string;

  @Column(idColumn({ name: 'client_id' }))
  clientId!: string;

  @Column(stringColumn(64, { name: 'command_type' }))
  commandType!: string;

  @Column(intColumn())
  priority!: number;

  /** The whole command as it was asked for. */
  @Column(jsonColumn())
  body!: unknown;

  @Column(stringColumn(16))
  status!: CommandStatus;

  @Column(stringColumn(1000, { nullable: true }))
  message!: string | null;

  @Column(jsonColumn({ nullable: true }))
  result!: Record<string, unknown> | null;

  @Column(instantColumn({ name: 'created_at' }))
  createdAt!: Date;

  @Column(instantColumn({ name: 'deadline_at' }))
  deadlineAt!: Date;

  @Column(instantColumn({ name: 'delivered_at', nullable: true }))
  deliveredAt!: Date | null;

  @Column(instantColumn({ name: 'finished_at', nullable: true }))
  finishedAt!: Date | null;

  @Column(intColumn())
  version!: number;
}

const MESSAGE_LENGTH = 1000;
const OPEN_LIMIT = 500;

function toStored(row: CommandRow): StoredCommand {
  return {
    command: AgentCommand.parse(row.body),
    status: row.status,
    createdAtMs: row.createdAt.getTime(),
    finishedAtMs: row.finishedAt?.getTime() ?? null,
    message: row.message,
    result: row.result ?? {},
    version: row.version,
  };
}

function questionMarks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

export class TypeormCommandStore extends CommandStore {
  override async insert(tx: Tx, command: AgentCommand, createdAtMs: number): Promise<boolean> {
    const { commandId, agentKey, agentId, clientId, commandType, priority, deadlineAt } = command;
    return insertIfAbsent(tx, CommandRow, {
      commandId,
      agentKey,
      agentId,
      clientId,
      commandType,
      priority,
      body: command,
      status: 'pending',
      message: null,
      result: null,
      createdAt: new Date(createdAtMs),
      deadlineAt: new Date(deadlineAt),
      deliveredAt: null,
      finishedAt: null,
      version: 1,
    });
  }

  override async find(tx: Tx, commandId: string): Promise<StoredCommand | null> {
    const row = await managerOf(tx).findOneBy(CommandRow, { commandId });
    return row === null ? null : toStored(row);
  }

  override async open(tx: Tx, agentKey: string): Promise<readonly StoredCommand[]> {
    const rows = await managerOf(tx).find(CommandRow, {
      where: { agentKey, status: In(OPEN_STATUSES) },
      order: { priority: 'DESC', createdAt: 'ASC' },
      take: OPEN_LIMIT,
    });
    return rows.map(toStored);
  }

  override async markDelivered(tx: Tx, commandIds: readonly string[], deliveredAtMs: number): Promise<void> {
    const sql =
      "UPDATE agent_command SET status = 'delivered', delivered_at = ?, version = version + 1 " +
      `WHERE status = 'pending' AND command_id IN (${questionMarks(commandIds)})`;
    await changeRows(tx, sql, [new Date(deliveredAtMs), ...commandIds]);
  }

  override async markExecuting(tx: Tx, agentKey: string): Promise<void> {
    const sql =
      "UPDATE agent_command SET status = 'executing', version = version + 1 " +
      "WHERE agent_key = ? AND status = 'delivered' AND command_type = 'switch'";
    await changeRows(tx, sql, [agentKey]);
  }

  override async finish(tx: Tx, stored: StoredCommand, end: CommandEnd): Promise<boolean> {
    const sql =
      'UPDATE agent_command SET status = ?, message = ?, result = ?, finished_at = ?, version = version + 1 ' +
      'WHERE command_id = ? AND version = ?';
    const changed = await changeRows(tx, sql, [
      end.status,
      end.message.slice(0, MESSAGE_LENGTH),
      JSON.stringify(end.result),
      new Date(end.finishedAtMs),
      stored.command.commandId,
      stored.version,
    ]);
    return changed === 1;
  }

  override async overdue(tx: Tx, nowMs: number, limit: number): Promise<readonly StoredCommand[]> {
    const rows = await managerOf(tx).find(CommandRow, {
      where: {
        status: In(['pending', 'delivered', 'executing']),
        deadlineAt: LessThanOrEqual(new Date(nowMs)),
      },
      order: { deadlineAt: 'ASC' },
      take: limit,
    });
    return rows.map(toStored);
  }

  override async deleteFinished(uow: UnitOfWork, beforeMs: number, signal: AbortSignal): Promise<number> {
    return deleteInChunks(uow, {
      table: 'agent_command',
      keys: ['command_id'],
      timeColumn: 'finished_at',
      before: new Date(beforeMs),
      signal,
    });
  }
}
