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
  const success = 'success' in data && data.success;
  const message = 'message' in data ? data.message : 'the command expired';
  const result = 'result' in data ? data.result : {};
  switch (data.commandId) {
    case sw.launchCommandId:
      return success ? null : { launchFailure: message };
    case sw.quiesceCommandId:
      return success
        ? { quiesceOutcome: 'done', servedUntil: instantOf(result['servedUntil']) ?? new Date(event.time) }
        : { quiesceOutcome: 'failed' };
    case sw.promoteCommandId:
      return success ? { servingSince: instantOf(result['servingSince']) ?? new Date(event.time) } : null;
    default:
      return null;
  }
}

function instantOf(value: unknown): Date | null {
  if (typeof value !== 'string') return null;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : new Date(atMs);
}
