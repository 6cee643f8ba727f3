import { CommandQueuedV1, createEvent } from '@spotopt/contracts';
import type { AgentCommand } from '@spotopt/contracts';
import type { Clock, Failpoints, Ids, Inbox, Outbox, UnitOfWork } from '@spotopt/kernel';
import { commandFacts } from './command-facts.js';
import type { CommandBell, CommandStore } from './ports.js';

export interface QueueCommandParts {
  readonly store: CommandStore;
  readonly bell: CommandBell;
  readonly uow: UnitOfWork;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly failpoints: Failpoints;
}

/** Puts a command into the mailbox once, then rings the agent’s queue. */
export class QueueCommand {
  constructor(private readonly parts: QueueCommandParts) {}

  async execute(requestId: string, command: AgentCommand): Promise<void> {
    const { store, bell, uow, inbox, outbox, clock, ids, failpoints } = this.parts;
    const isNew = await uow.run(async (tx) => {
      if (!(await inbox.claim(tx, 'gateway.command-requested', requestId))) return false;
      if (!(await store.insert(tx, command, clock.nowMs()))) return false;
      const data = { ...commandFacts(command), priority: command.priority, deadlineAt: command.deadlineAt };
      const event = {
        id: ids.next(),
        time: clock.now(),
        subject: command.agentId,
        correlation: command.correlation,
      };
      await outbox.add(tx, createEvent(CommandQueuedV1, { ...event, data }));
      return true;
    });
    failpoints.hit('gateway.command-stored');
    // A repeated request may mean that the process died between the commit and the bell.
    if (isNew || (await this.#isOpen(command))) await bell.ring(command);
  }

  async #isOpen(command: AgentCommand): Promise<boolean> {
    const { store, uow } = this.parts;
    const stored = await uow.read((tx) => store.find(tx, command.commandId));
    return stored?.status === 'pending';
  }
}
