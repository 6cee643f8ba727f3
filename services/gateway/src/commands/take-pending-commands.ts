import type { ResolvedAgent } from '@spotopt/contracts';
import type { CommandItem } from '@spotopt/contracts/http';
import type { Clock, UnitOfWork } from '@spotopt/kernel';
import { byUrgency, mayDeliver, toItem } from './command.js';
import type { StoredCommand } from './command.js';
import { PendingCommands } from './ports.js';
import type { CommandStore } from './ports.js';

export interface TakePendingCommandsParts {
  readonly store: CommandStore;
  readonly uow: UnitOfWork;
  readonly clock: Clock;
}

/** What an installation has to do. */
export class TakePendingCommands extends PendingCommands {
  constructor(private readonly parts: TakePendingCommandsParts) {
    super();
  }

  /** Gives the commands out and notes that; the same ones come again until they end. */
  async execute(agent: ResolvedAgent): Promise<CommandItem[]> {
    const { store, uow, clock } = this.parts;
    const commands = await this.#deliverable(agent);
    const fresh = commands
      .filter(({ status }) => status === 'pending')
      .map(({ command }) => command.commandId);
    if (fresh.length > 0) await uow.run((tx) => store.markDelivered(tx, fresh, clock.nowMs()));
    return commands.map(toItem);
  }

  override async hasPending(agent: ResolvedAgent): Promise<boolean> {
    return (await this.#deliverable(agent)).length > 0;
  }

  async #deliverable(agent: ResolvedAgent): Promise<StoredCommand[]> {
    const { store, uow, clock } = this.parts;
    const open = await uow.read((tx) => store.open(tx, agent.agentKey));
    const nowMs = clock.nowMs();
    return open.filter((stored) => mayDeliver(stored, agent, nowMs)).sort(byUrgency);
  }
}
