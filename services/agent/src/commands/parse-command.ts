import { AgentCommand } from '@spotopt/contracts';
import { asObject, asText } from '../gateway/wire.js';

export interface CommandDefaults {
  readonly agentKey: string;
  readonly logicalAgentId: string;
  readonly clientId: string | null;
  /** Used for servers that know no epochs. */
  readonly epoch: number;
  readonly nowMs: number;
}

export type ParsedCommand =
  | { readonly outcome: 'command'; readonly command: AgentCommand }
  | { readonly outcome: 'unreadable'; readonly commandId: string | null; readonly reason: string };

/** For servers that send no deadline: as long as a version 4 server waits for an outcome. */
const DEFAULT_VALIDITY_MS = 30 * 60_000;

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  commandId: ['commandId', 'command_id', 'id'],
  commandType: ['commandType', 'command_type'],
  agentId: ['agentId', 'logical_agent_id'],
  clientId: ['clientId', 'client_id'],
  epoch: ['epoch'],
  priority: ['priority'],
  deadlineAt: ['deadlineAt', 'deadline_at', 'expires_at'],
  correlation: ['correlation', 'correlation_id'],
  targetMode: ['targetMode', 'target_mode'],
  targetPoolId: ['targetPoolId', 'target_pool_id'],
  poolId: ['poolId', 'pool_id', 'target_pool_id'],
  terminateWaitSeconds: ['terminateWaitSeconds', 'terminate_wait_seconds'],
  replicaId: ['replicaId', 'replica_id'],
  ec2InstanceId: ['ec2InstanceId', 'ec2_instance_id', 'instance_id'],
  switchId: ['switchId', 'switch_id'],
};

function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** The command as the contract has it, from a flat item, its `parameters`, or both, in either spelling. */
function normalised(item: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const places = [item, asObject(item['parameters'])];
  const found: Record<string, unknown> = {};
  for (const [field, names] of Object.entries(FIELDS)) {
    const values = places.flatMap((place) => names.map((name) => place[name]));
    const value = values.find((candidate) => present(candidate));
    if (value !== undefined) found[field] = value;
  }
  return found;
}

function isoInstant(value: unknown, presetMs: number): string {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return new Date(Number.isNaN(ms) ? presetMs : ms).toISOString();
}

/** Reads one item of `pending-commands`, of this server or of an older one. */
export function parseCommandItem(raw: unknown, defaults: CommandDefaults): ParsedCommand {
  const fields = normalised(asObject(raw));
  const commandId = asText(fields['commandId']);
  const parsed = AgentCommand.safeParse({
    targetPoolId: null,
    terminateWaitSeconds: 0,
    priority: 25,
    epoch: defaults.epoch,
    commandType: 'switch',
    clientId: defaults.clientId ?? 'unknown',
    agentId: defaults.logicalAgentId,
    ...fields,
    agentKey: defaults.agentKey,
    deadlineAt: isoInstant(fields['deadlineAt'], defaults.nowMs + DEFAULT_VALIDITY_MS),
  });
  if (parsed.success) return { outcome: 'command', command: parsed.data };
  const issue = parsed.error.issues[0];
  const reason = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a command'}`;
  return { outcome: 'unreadable', commandId, reason };
}
