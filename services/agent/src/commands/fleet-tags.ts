/** How an instance of the fleet is recognised; a new machine learns from its own tags what it is. */
export const FLEET_TAGS = {
  managed: 'spotopt:managed',
  logicalAgentId: 'spotopt:logical-agent-id',
  clientId: 'spotopt:client-id',
  replicaId: 'spotopt:replica-id',
  commandId: 'spotopt:command-id',
} as const;

export interface FleetMember {
  readonly logicalAgentId: string;
  readonly clientId: string;
  readonly replicaId?: string;
  readonly commandId?: string;
}

export function fleetTags(member: FleetMember): Record<string, string> {
  return {
    Name: `spotopt ${member.logicalAgentId}`,
    [FLEET_TAGS.managed]: 'true',
    [FLEET_TAGS.logicalAgentId]: member.logicalAgentId,
    [FLEET_TAGS.clientId]: member.clientId,
    ...(member.replicaId === undefined ? {} : { [FLEET_TAGS.replicaId]: member.replicaId }),
    ...(member.commandId === undefined ? {} : { [FLEET_TAGS.commandId]: member.commandId }),
  };
}
