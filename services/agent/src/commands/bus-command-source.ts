import { AgentCommand } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import type { BusSubscription, Delivery, MessageBus } from '@spotopt/messaging';
import { CommandSource } from './command-source.js';
import type { CommandSink } from './command-source.js';

function parseDelivery(delivery: Delivery, agentKey: string): AgentCommand {
  let body: unknown;
  try {
    body = JSON.parse(delivery.body);
  } catch (cause) {
    throw AppError.permanent('command-unreadable', 'the message is not JSON', { cause });
  }
  const parsed = AgentCommand.safeParse(body);
  if (!parsed.success) {
    throw AppError.permanent('command-unreadable', 'the message is not a command', { cause: parsed.error });
  }
  if (parsed.data.agentKey !== agentKey) {
    throw AppError.permanent('command-misrouted', `command of ${parsed.data.agentKey} in this queue`);
  }
  return parsed.data;
}

/** The fast path: a queue of this installation alone. What it loses, the mailbox still has. */
export class BusCommandSource extends CommandSource {
  #subscription: BusSubscription | undefined;

  constructor(private readonly bus: MessageBus) {
    super();
  }

  override async start(agentKey: string, sink: CommandSink): Promise<void> {
    this.#subscription = await this.bus.subscribe(
      {
        queue: `agent.${agentKey}.commands`,
        kind: 'agent',
        bindings: [{ exchange: 'spotopt.commands', routingKey: agentKey }],
        prefetch: 10,
      },
      (delivery) => {
        sink.accept(parseDelivery(delivery, agentKey));
        return Promise.resolve();
      },
    );
  }

  override nudge(): void {
    // A queue pushes by itself.
  }

  override async stop(): Promise<void> {
    await this.#subscription?.cancel();
    this.#subscription = undefined;
  }
}
