import type { AgentCommand } from '@spotopt/contracts';

export interface CommandSink {
  /** Takes the command for execution; resolves when it is taken, not when it is done. Same command twice is fine. */
  accept(command: AgentCommand): void;
  /** The item could not be read: its sender is told, so that it does not block the mailbox. */
  reject(commandId: string, reason: string): Promise<void>;
}

/** A way by which commands reach this installation. Several may run side by side and bring the same command. */
export abstract class CommandSource {
  /** Starts delivering; `agentKey` says whose commands. */
  abstract start(agentKey: string, sink: CommandSink): Promise<void>;
  /** The control plane hinted that something waits. */
  abstract nudge(): void;
  abstract stop(): Promise<void>;
}
