import { AgentCommand } from '@spotopt/contracts';
import { AppError, backoffMs } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { BusSubscription, Delivery, MessageBus } from '@spotopt/messaging';
import type { AgentLogger } from '../logging.js';
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

export interface BusCommandSourceDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: AgentLogger;
  /** Answers the same bus once it is connected. */
  readonly connect: () => Promise<MessageBus>;
}

/** The fast path: a queue of this installation alone. What it loses, the mailbox still has. */
export class BusCommandSource extends CommandSource {
  #abort = new AbortController();
  #subscribing: Promise<BusSubscription | undefined> = Promise.resolve(undefined);

  constructor(private readonly deps: BusCommandSourceDeps) {
    super();
  }

  /** Does not wait for the broker, which may be away for long. */
  override start(agentKey: string, sink: CommandSink): Promise<void> {
    this.#abort = new AbortController();
    this.#subscribing = this.#untilSubscribed(agentKey, sink, this.#abort.signal);
    return Promise.resolve();
  }

  override nudge(): void {
    // A queue pushes by itself.
  }

  override async stop(): Promise<void> {
    this.#abort.abort();
    await (await this.#subscribing)?.cancel();
    this.#subscribing = Promise.resolve(undefined);
  }

  async #untilSubscribed(
    agentKey: string,
    sink: CommandSink,
    signal: AbortSignal,
  ): Promise<BusSubscription | undefined> {
    const { clock, random, logger } = this.deps;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        return await this.#subscribe(agentKey, sink);
      } catch (error) {
        if (attempt === 1) logger.warn({ error }, 'no commands from the broker yet; they are polled');
        await clock.sleep(backoffMs(attempt, { initialMs: 2_000, maxMs: 60_000 }, random()), signal);
      }
    }
    return undefined;
  }

  async #subscribe(agentKey: string, sink: CommandSink): Promise<BusSubscription> {
    const bus = await this.deps.connect();
    return bus.subscribe(
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
}
