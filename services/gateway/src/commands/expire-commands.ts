import { CommandExpiredV1, createEvent } from '@spotopt/contracts';
import type { Clock, Ids, Outbox, UnitOfWork } from '@spotopt/kernel';
import { commandFacts } from './command-facts.js';
import type { StoredCommand } from './command.js';
import type { CommandStore } from './ports.js';

export interface ExpireCommandsParts {
  readonly store: CommandStore;
  readonly uow: UnitOfWork;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

const BATCH = 100;

/** Ends the commands that nobody executed in time. */
export class ExpireCommands {
  constructor(private readonly parts: ExpireCommandsParts) {}

  /** Number of commands that this call expired. */
  async execute(): Promise<number> {
    const { store, uow, clock } = this.parts;
    const overdue = await uow.read((tx) => store.overdue(tx, clock.nowMs(), BATCH));
    let expired = 0;
    for (const stored of overdue) {
      if (await this.#expire(stored)) expired += 1;
    }
    return expired;
  }

  async #expire(stored: StoredCommand): Promise<boolean> {
    const { store, uow, outbox, clock, ids } = this.parts;
    const { command } = stored;
    return uow.run(async (tx) => {
      const end = {
        status: 'expired',
        message: 'deadline passed',
        result: {},
        finishedAtMs: clock.nowMs(),
      } as const;
      if (!(await store.finish(tx, stored, end))) return false;
      const event = createEvent(CommandExpiredV1, {
        id: ids.next(),
        time: clock.now(),
        subject: command.agentId,
        correlation: command.correlation,
        data: { ...commandFacts(command), deadlineAt: command.deadlineAt },
      });
      await outbox.add(tx, event);
      return true;
    });
  }
}
