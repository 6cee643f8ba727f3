import type { AgentCommand } from '@spotopt/contracts';
import { hasCode } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { MessageBus, OutgoingMessage } from '@spotopt/messaging';
import type { Log } from '../ports.js';
import { CommandBell } from './ports.js';

const EXCHANGE = 'spotopt.commands';

/** Rings through the agent’s own queue on the message bus. */
export class BusCommandBell extends CommandBell {
  constructor(private readonly parts: { bus: MessageBus; clock: Clock; log: Log }) {
    super();
  }

  override queueOf(agentKey: string): string {
    return `agent.${agentKey}.commands`;
  }

  override async prepare(agentKey: string): Promise<void> {
    try {
      await this.#declare(agentKey);
    } catch (error) {
      this.parts.log.warn({ error, agentKey }, 'the agent’s queue could not be made; it polls instead');
    }
  }

  override async ring(command: AgentCommand): Promise<void> {
    const ttlMs = Date.parse(command.deadlineAt) - this.parts.clock.nowMs();
    if (ttlMs <= 0) return;
    const message: OutgoingMessage = {
      exchange: EXCHANGE,
      routingKey: command.agentKey,
      messageId: command.commandId,
      contentType: 'application/json',
      type: command.commandType,
      body: JSON.stringify(command),
      ttlMs,
      ...(command.correlation === undefined ? {} : { correlationId: command.correlation }),
    };
    try {
      await this.#publish(message, command.agentKey);
    } catch (error) {
      const { commandId, agentKey } = command;
      this.parts.log.warn(
        { error, commandId, agentKey },
        'the bell did not ring; the mailbox has the command',
      );
    }
  }

  /** The queue of an agent that was away expires; then it is made anew. */
  async #publish(message: OutgoingMessage, agentKey: string): Promise<void> {
    try {
      await this.parts.bus.publish(message);
    } catch (error) {
      if (!hasCode(error, 'message-unroutable')) throw error;
      await this.#declare(agentKey);
      await this.parts.bus.publish(message);
    }
  }

  async #declare(agentKey: string): Promise<void> {
    await this.parts.bus.declareQueue({
      queue: this.queueOf(agentKey),
      kind: 'agent',
      bindings: [{ exchange: EXCHANGE, routingKey: agentKey }],
    });
  }
}
