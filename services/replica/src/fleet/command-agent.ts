import type { AgentCommand, AgentCommandType, CommandPriority } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import { FleetEvents } from './fleet-events.js';
import type { Agent, FleetStore, Installation, Instance, UseCaseDeps } from './ports.js';

type Priority = (typeof CommandPriority)[keyof typeof CommandPriority];
/** What differs between commands; the rest is the same for all. */
export type CommandBody = AgentCommand extends infer Command
  ? Command extends AgentCommand
    ? Omit<
        Command,
        | 'commandId'
        | 'agentKey'
        | 'agentId'
        | 'clientId'
        | 'epoch'
        | 'priority'
        | 'deadlineAt'
        | 'correlation'
      >
    : never
  : never;

export interface CommandOrder {
  readonly agent: Agent;
  /** Machine whose agent executes the command. */
  readonly on: Instance;
  readonly body: CommandBody;
  readonly priority: Priority;
  readonly validForMs: number;
  readonly correlation?: string | null;
}

/** On a fast clock a command still needs this much real time to get there. */
const REAL_FLOOR_MS = 5_000;

/** Asks agents for something, through the gateway's mailbox. */
export class CommandAgent {
  readonly #events: FleetEvents;

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly fleet: FleetStore,
  ) {
    this.#events = new FleetEvents(deps.ids, deps.clock);
  }

  async understands(tx: Tx, instance: Instance, commandType: AgentCommandType): Promise<boolean> {
    return (await this.#installation(tx, instance))?.commandTypes.includes(commandType) ?? false;
  }

  /** @returns the command's id, or null when the machine has no agent that understands the command */
  async send(tx: Tx, order: CommandOrder): Promise<string | null> {
    const installation = await this.#installation(tx, order.on);
    if (installation?.commandTypes.includes(order.body.commandType) !== true) return null;
    const commandId = this.deps.ids.next();
    const command: AgentCommand = {
      ...order.body,
      commandId,
      agentKey: installation.agentKey,
      agentId: order.agent.id,
      clientId: order.agent.clientId,
      epoch: order.agent.epoch,
      priority: order.priority,
      deadlineAt: new Date(
        this.deps.clock.nowMs() + this.deps.clock.noShorterThan(REAL_FLOOR_MS, order.validForMs),
      ).toISOString(),
      ...(order.correlation == null ? {} : { correlation: order.correlation }),
    };
    await this.deps.outbox.add(tx, this.#events.command(command));
    return commandId;
  }

  async #installation(tx: Tx, instance: Instance): Promise<Installation | null> {
    if (instance.ec2InstanceId === null) return null;
    return this.fleet.findInstallationOn(tx, instance.agentId, instance.ec2InstanceId);
  }
}
