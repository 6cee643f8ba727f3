import { CommandCompletedV1, createEvent } from '@spotopt/contracts';
import type { ResolvedAgent } from '@spotopt/contracts';
import type { Clock, Ids, Outbox, Tx, UnitOfWork } from '@spotopt/kernel';
import { AppError } from '@spotopt/kernel';
import { notFound } from '../caller.js';
import { commandFacts } from './command-facts.js';
import { UNFINISHED_STATUSES } from './command.js';
import type { CommandStatus, StoredCommand } from './command.js';
import type { CommandStore } from './ports.js';

export interface CompleteCommandParts {
  readonly store: CommandStore;
  readonly uow: UnitOfWork;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface CommandReport {
  readonly commandId: string;
  readonly success: boolean;
  readonly message: string;
  readonly result: Readonly<Record<string, unknown>>;
}

/** Takes an agent’s word on the end of a command. The first word counts; the same again changes nothing. */
export class CompleteCommand {
  constructor(private readonly parts: CompleteCommandParts) {}

  /** @throws AppError `not-found` (permanent) for a command that is not this workload’s */
  async execute(agent: ResolvedAgent, report: CommandReport): Promise<{ status: CommandStatus }> {
    return this.parts.uow.run(async (tx) => this.#complete(tx, agent, report));
  }

  async #complete(tx: Tx, agent: ResolvedAgent, report: CommandReport): Promise<{ status: CommandStatus }> {
    const { store, clock, ids, outbox } = this.parts;
    const stored = await store.find(tx, report.commandId);
    if (stored === null || !isOf(stored, agent)) throw notFound('command');
    if (!UNFINISHED_STATUSES.includes(stored.status)) return { status: stored.status };
    const status = report.success ? 'completed' : 'failed';
    const { message, result, success } = report;
    const finishedAtMs = clock.nowMs();
    if (!(await store.finish(tx, stored, { status, message, result, finishedAtMs }))) {
      throw AppError.transient('command-changed', 'the command changed at the same time; report again');
    }
    const { command } = stored;
    const finishedAt = new Date(finishedAtMs).toISOString();
    const event = createEvent(CommandCompletedV1, {
      id: ids.next(),
      time: clock.now(),
      subject: command.agentId,
      correlation: command.correlation,
      data: { ...commandFacts(command), success, message, result: { ...result }, finishedAt },
    });
    await outbox.add(tx, event);
    return { status };
  }
}

/** After a switch the workload has another key; its commands are still its own. */
function isOf({ command }: StoredCommand, agent: ResolvedAgent): boolean {
  return (
    command.clientId === agent.clientId &&
    (command.agentKey === agent.agentKey || command.agentId === agent.agentId)
  );
}
