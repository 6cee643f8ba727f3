import type { AgentCommand } from '@spotopt/contracts';

export interface CommandFacts {
  readonly commandId: string;
  readonly commandType: string;
  readonly agentKey: string;
  readonly agentId: string;
  readonly clientId: string;
}

/** What every event about a command carries. */
export function commandFacts(command: AgentCommand): CommandFacts {
  const { commandId, commandType, agentKey, agentId, clientId } = command;
  return { commandId, commandType, agentKey, agentId, clientId };
}
