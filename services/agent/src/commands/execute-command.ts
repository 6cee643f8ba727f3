import type { AgentCommand, AgentCommandType } from '@spotopt/contracts';
import { AppError, Deadline, KeyedLanes, toAppError } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { AgentLogger } from '../logging.js';
import type { ExecutedCommand, StateKeeper } from '../state/agent-state.js';

export interface CommandOutcome {
  readonly message: string;
  readonly result: Readonly<Record<string, unknown>>;
}

/** Carries out commands of one type. A thrown error is the failure that the control plane is told. */
export interface CommandHandler<Type extends AgentCommandType = AgentCommandType> {
  execute(command: Extract<AgentCommand, { commandType: Type }>, deadline: Deadline): Promise<CommandOutcome>;
}

export type CommandHandlers = { readonly [Type in AgentCommandType]: CommandHandler<Type> };

export interface CommandExecutorDeps {
  readonly clock: Clock;
  readonly state: StateKeeper;
  readonly handlers: CommandHandlers;
  readonly logger: AgentLogger;
  /** After the outcome is on disk. */
  readonly onDone: (command: AgentCommand, outcome: ExecutedCommand) => void;
}

/** A switch takes minutes and must not hold up a quiesce or a promotion. */
function laneOf(command: AgentCommand): string {
  return command.commandType === 'switch' ? 'switch' : 'control';
}

/**
 * Carries out each command once, however often and by whatever way it comes. Refuses what is too late and
 * what was ordered before the last change of primary that this agent obeyed.
 */
export class CommandExecutor {
  readonly #lanes = new KeyedLanes();
  readonly #running = new Map<string, Promise<ExecutedCommand>>();

  constructor(private readonly deps: CommandExecutorDeps) {}

  /** The outcome, of this execution or of the earlier one. */
  submit(command: AgentCommand): Promise<ExecutedCommand> {
    const { commandId } = command;
    const running = this.#running.get(commandId);
    if (running !== undefined) return running;
    const known = this.deps.state.findExecuted(commandId);
    if (known !== undefined) return this.#again(command, known);
    const execution = this.#lanes
      .run(laneOf(command), () => this.#execute(command))
      .finally(() => this.#running.delete(commandId));
    this.#running.set(commandId, execution);
    return execution;
  }

  /** Resolves when nothing is being carried out. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }

  async #again(command: AgentCommand, known: ExecutedCommand): Promise<ExecutedCommand> {
    const outcome = { ...known, reported: false };
    await this.deps.state.remember(outcome);
    this.deps.onDone(command, outcome);
    return outcome;
  }

  async #execute(command: AgentCommand): Promise<ExecutedCommand> {
    const { clock, state, logger, onDone } = this.deps;
    const { commandId, commandType } = command;
    const attempt = await this.#attempt(command);
    const outcome = { commandId, commandType, ...attempt, finishedAtMs: clock.nowMs(), reported: false };
    await state.remember(outcome);
    logger.info({ commandId, commandType, success: outcome.success }, outcome.message);
    onDone(command, outcome);
    return outcome;
  }

  async #attempt(command: AgentCommand): Promise<CommandOutcome & { success: boolean }> {
    const { clock, state } = this.deps;
    try {
      const deadline = Deadline.at(clock, Date.parse(command.deadlineAt));
      if (deadline.hasPassed()) {
        throw AppError.permanent('command-expired', `the deadline ${command.deadlineAt} has passed`);
      }
      if (command.epoch < state.current.epoch) {
        const obeyed = String(state.current.epoch);
        throw AppError.permanent('epoch-stale', `epoch ${String(command.epoch)} is lower than ${obeyed}`);
      }
      await state.raiseEpoch(command.epoch);
      return { success: true, ...(await this.#dispatch(command, deadline)) };
    } catch (error) {
      const { code, message } = toAppError(error);
      return { success: false, message, result: { code } };
    }
  }

  #dispatch(command: AgentCommand, deadline: Deadline): Promise<CommandOutcome> {
    const { handlers } = this.deps;
    switch (command.commandType) {
      case 'switch':
        return handlers.switch.execute(command, deadline);
      case 'create_replica':
        return handlers.create_replica.execute(command, deadline);
      case 'terminate_replica':
        return handlers.terminate_replica.execute(command, deadline);
      case 'quiesce':
        return handlers.quiesce.execute(command, deadline);
      case 'resume':
        return handlers.resume.execute(command, deadline);
      case 'promote':
        return handlers.promote.execute(command, deadline);
      case 'terminate_instance':
        return handlers.terminate_instance.execute(command, deadline);
    }
  }
}
