import type { CommandCompletedV1, CommandExpiredV1, EventOf } from '@spotopt/contracts';
import type { SwitchStore, SwitchPatch } from './ports.js';
import type { UseCaseDeps } from '../fleet/index.js';
import type { Switch } from './switch.js';

export const COMMAND_CONSUMER = 'replica.command-finished';

type Finished = EventOf<typeof CommandCompletedV1> | EventOf<typeof CommandExpiredV1>;

/** Notes how a command ended that a switch is waiting for. */
export class RecordCommandResult {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly switches: SwitchStore,
  ) {}

  /** @returns the switch that may go on now */
  execute(event: Finished): Promise<string | null> {
    return this.deps.uow.run(async (tx) => {
      if (!(await this.deps.inbox.claim(tx, COMMAND_CONSUMER, event.id))) return null;
      const sw = await this.switches.findByCommand(tx, event.data.commandId);
      if (sw === null) return null;
      const patch = patchOf(sw, event);
      if (patch !== null) await this.switches.update(tx, sw, patch);
      return sw.id;
    });
  }
}

function patchOf(sw: Switch, event: Finished): SwitchPatch | null {
  const { data } = event;
  if (!('success' in data)) return failurePatch(sw, data.commandId, 'the command expired');
  if (!data.success) return failurePatch(sw, data.commandId, data.message);
  const at = new Date(event.time);
  switch (data.commandId) {
    case sw.quiesceCommandId:
      return { quiesceOutcome: 'done', servedUntil: instantOf(data.result['servedUntil']) ?? at };
    case sw.promoteCommandId:
      return { servingSince: instantOf(data.result['servingSince']) ?? at };
    default:
      return null;
  }
}

function failurePatch(sw: Switch, commandId: string, message: string): SwitchPatch | null {
  if (commandId === sw.launchCommandId) return { launchFailure: message };
  // What an agent did before its answer was lost is known: a late word of failure does not undo it.
  if (commandId === sw.quiesceCommandId && sw.quiesceOutcome === null) return { quiesceOutcome: 'failed' };
  return null;
}

function instantOf(value: unknown): Date | null {
  if (typeof value !== 'string') return null;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : new Date(atMs);
}
