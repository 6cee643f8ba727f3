import { PeriodicTask } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { Gateway } from '../gateway/gateway.js';
import type { AgentLogger } from '../logging.js';
import { CommandSource } from './command-source.js';
import type { CommandSink } from './command-source.js';
import { parseCommandItem } from './parse-command.js';
import type { CommandDefaults } from './parse-command.js';

export interface RestCommandSourceDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly gateway: Gateway;
  readonly logger: AgentLogger;
  readonly intervalMs: number;
  /** Read at each poll. */
  readonly defaults: () => Omit<CommandDefaults, 'agentKey' | 'nowMs'>;
  /** False while an operator has switched the agent off. */
  readonly enabled: () => boolean;
  /** Told of each failed poll: the installation may be unknown by now. */
  readonly onError: (error: unknown) => void;
}

/** Reads the mailbox, which is the truth; a queue may bring the same commands sooner. */
export class RestCommandSource extends CommandSource {
  #task: PeriodicTask | undefined;

  constructor(private readonly deps: RestCommandSourceDeps) {
    super();
  }

  override start(agentKey: string, sink: CommandSink): Promise<void> {
    const { clock, random, intervalMs, onError } = this.deps;
    this.#task = new PeriodicTask(clock, { name: 'commands', intervalMs, random, onError }, () =>
      this.#poll(agentKey, sink),
    ).start();
    return Promise.resolve();
  }

  override nudge(): void {
    this.#task?.nudge();
  }

  override async stop(): Promise<void> {
    await this.#task?.stop();
    this.#task = undefined;
  }

  async #poll(agentKey: string, sink: CommandSink): Promise<void> {
    const { gateway, clock, defaults, logger, enabled } = this.deps;
    if (!enabled()) return;
    for (const item of await gateway.pendingCommands(agentKey)) {
      const parsed = parseCommandItem(item, { ...defaults(), agentKey, nowMs: clock.nowMs() });
      if (parsed.outcome === 'command') {
        sink.accept(parsed.command);
        continue;
      }
      logger.warn({ commandId: parsed.commandId, reason: parsed.reason }, 'unreadable command');
      if (parsed.commandId !== null) await sink.reject(parsed.commandId, parsed.reason);
    }
  }
}
