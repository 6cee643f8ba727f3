import type { AgentCommand, ResolvedAgent } from '@spotopt/contracts';
import type { CommandItem } from '@spotopt/contracts/http';

/**
 * - `pending`: nobody took it. `delivered`: given out at least once, given out again until it ends.
 * - `executing`: the agent reported the work itself; the acknowledgement may still come (AG-61).
 * - `expired`: the deadline passed; a late end is recorded all the same, because it is what happened.
 */
export type CommandStatus = 'pending' | 'delivered' | 'executing' | 'completed' | 'failed' | 'expired';

export const OPEN_STATUSES: readonly CommandStatus[] = ['pending', 'delivered'];
export const UNFINISHED_STATUSES: readonly CommandStatus[] = ['pending', 'delivered', 'executing', 'expired'];

export interface StoredCommand {
  readonly command: AgentCommand;
  readonly status: CommandStatus;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
  readonly message: string | null;
  readonly result: Readonly<Record<string, unknown>>;
  readonly version: number;
}

/** Work that only the enabled primary does; everything else was addressed to this installation on purpose. */
const NEEDS_ENABLED: readonly string[] = ['switch', 'create_replica'];

/** Whether the installation may have the command now. */
export function mayDeliver(stored: StoredCommand, agent: ResolvedAgent, nowMs: number): boolean {
  const { command } = stored;
  if (!OPEN_STATUSES.includes(stored.status) || Date.parse(command.deadlineAt) <= nowMs) return false;
  if (!agent.commandTypes.includes(command.commandType)) return false;
  return agent.enabled || !NEEDS_ENABLED.includes(command.commandType);
}

/** Highest priority first, then oldest. */
export function byUrgency(a: StoredCommand, b: StoredCommand): number {
  return (
    b.command.priority - a.command.priority ||
    a.createdAtMs - b.createdAtMs ||
    (a.command.commandId < b.command.commandId ? -1 : 1)
  );
}

type Detail = Readonly<Record<string, unknown>> & {
  readonly target_mode: string | null;
  readonly target_pool_id: string | null;
  readonly terminate_wait_seconds: number;
};

const NO_TARGET = { target_mode: null, target_pool_id: null, terminate_wait_seconds: 0 } as const;

function detailOf(command: AgentCommand): Detail {
  switch (command.commandType) {
    case 'switch':
      return {
        target_mode: command.targetMode,
        target_pool_id: command.targetPoolId,
        terminate_wait_seconds: command.terminateWaitSeconds,
      };
    case 'create_replica':
      return {
        ...NO_TARGET,
        target_mode: command.targetMode,
        target_pool_id: command.poolId,
        pool_id: command.poolId,
        replica_id: command.replicaId,
      };
    case 'terminate_replica':
      return { ...NO_TARGET, replica_id: command.replicaId, instance_id: command.ec2InstanceId };
    case 'terminate_instance':
      return { ...NO_TARGET, instance_id: command.ec2InstanceId };
    case 'quiesce':
    case 'resume':
    case 'promote':
      return { ...NO_TARGET, switch_id: command.switchId };
  }
}

/** Both spellings of a command (CT-05); no null where deployed agents compare numbers (T4). */
export function toItem({ command, createdAtMs }: StoredCommand): CommandItem {
  const detail = detailOf(command);
  return {
    id: command.commandId,
    command_id: command.commandId,
    command_type: command.commandType,
    agent_id: command.agentKey,
    logical_agent_id: command.agentId,
    client_id: command.clientId,
    correlation_id: command.correlation ?? null,
    priority: command.priority,
    epoch: command.epoch,
    created_at: new Date(createdAtMs).toISOString(),
    deadline_at: command.deadlineAt,
    ...detail,
    parameters: { ...detail },
  };
}
