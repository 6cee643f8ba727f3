import type { StateKeeper } from '../state/agent-state.js';
import type { Serving } from '../workload/serving.js';
import type { CommandHandler, CommandOutcome } from './execute-command.js';

/** Stops the workload for a switch; the answer says until when it served. */
export function quiesce(serving: Serving): CommandHandler<'quiesce'> {
  return {
    async execute(command): Promise<CommandOutcome> {
      const { servedUntil } = await serving.quiesce(command.switchId);
      return { message: 'workload stopped', result: { servedUntil: servedUntil.toISOString() } };
    },
  };
}

/** The switch was rolled back: this machine goes on. */
export function resume(serving: Serving, state: StateKeeper): CommandHandler<'resume'> {
  return {
    async execute(): Promise<CommandOutcome> {
      const { servingSince } = await serving.serve(state.current.epoch);
      return { message: 'workload started again', result: { servingSince: servingSince.toISOString() } };
    },
  };
}

/** This machine is the primary now. Its epoch was stored before the handler runs, which fences older orders. */
export function promote(serving: Serving): CommandHandler<'promote'> {
  return {
    async execute(command): Promise<CommandOutcome> {
      const { servingSince } = await serving.serve(command.epoch);
      return { message: 'workload started', result: { servingSince: servingSince.toISOString() } };
    },
  };
}
