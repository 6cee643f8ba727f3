import {
  AgentDeletedV1,
  AgentRegisteredV1,
  type EventDefinition,
  type EventOf,
  InstanceRoleChangedV1,
  InstanceTerminatedV1,
  InterruptionDetectedV1,
  type Mode,
  ReplicaFailedV1,
  ReplicaLaunchedV1,
  ReplicaPromotedV1,
  ReplicaReadyV1,
  SwitchFinishedV1,
} from '@spotopt/contracts';
import type { Occurrence } from './ports.js';
import type { UsageChange, UsageFact } from './usage-fact.js';

/** Events that say something about the use of machines, or that are counted. */
export const LEDGER_EVENTS: readonly EventDefinition[] = [
  AgentRegisteredV1,
  AgentDeletedV1,
  InstanceRoleChangedV1,
  InstanceTerminatedV1,
  InterruptionDetectedV1,
  ReplicaFailedV1,
  ReplicaLaunchedV1,
  ReplicaPromotedV1,
  ReplicaReadyV1,
  SwitchFinishedV1,
];

type AnyEvent = EventOf<EventDefinition>;

interface Place {
  readonly instanceId: string | null;
  readonly ec2InstanceId: string | null;
  readonly poolId?: string | null;
  readonly mode?: Mode;
}

const READERS: Readonly<Record<string, (event: AnyEvent) => UsageFact[]>> = {
  ...reads(AgentRegisteredV1, (event) => {
    const { placement, role, epoch, primary } = event.data;
    const others = primary === null || primary.instanceId === placement.instanceId ? [] : [primary];
    return [
      fact(event, placement, { kind: 'role', role, epoch }),
      ...others.map((place) => fact(event, place, { kind: 'role', role: 'PRIMARY', epoch })),
    ];
  }),
  ...reads(AgentDeletedV1, (event) => [
    fact(event, { instanceId: null, ec2InstanceId: null }, { kind: 'agent-deleted' }),
  ]),
  ...reads(InstanceRoleChangedV1, (event) => {
    const { placement, to, epoch } = event.data;
    return [fact(event, placement, { kind: 'role', role: to, epoch })];
  }),
  ...reads(InstanceTerminatedV1, (event) => [
    fact(event, event.data, { kind: 'terminated' }, event.data.terminatedAt),
  ]),
  ...reads(ReplicaFailedV1, (event) => [fact(event, replicaOf(event.data), { kind: 'given-up' })]),
  ...reads(ReplicaLaunchedV1, (event) => [launched(event)]),
  ...reads(ReplicaReadyV1, (event) => [launched(event)]),
  ...reads(ReplicaPromotedV1, (event) => {
    const { epoch, trigger, oldInstanceId, oldEc2InstanceId } = event.data;
    const old = { instanceId: oldInstanceId, ec2InstanceId: oldEc2InstanceId };
    return [
      fact(event, replicaOf(event.data), { kind: 'role', role: 'PRIMARY', epoch }),
      ...(oldInstanceId === null ? [] : [fact(event, old, { kind: 'replaced', epoch, trigger })]),
    ];
  }),
  ...reads(SwitchFinishedV1, (event) => {
    const { from, to, epoch, trigger, finishedAt } = event.data;
    return [
      fact(event, from, { kind: 'replaced', epoch, trigger }, finishedAt),
      fact(event, to, { kind: 'placed' }, finishedAt),
    ];
  }),
};

/** What an event of `LEDGER_EVENTS` says about machines. */
export function factsOf(event: AnyEvent): UsageFact[] {
  return READERS[event.type]?.(event) ?? [];
}

/**
 * A change of primary that went through, or a machine that AWS takes back. A rebalance recommendation is not an
 * interruption; an incident counts once, at its first notice.
 */
export function occurrenceOf(event: AnyEvent): Occurrence | null {
  if (is(SwitchFinishedV1, event)) {
    const { switchId: id, agentId, clientId, finishedAt, downtimeMs } = event.data;
    return {
      kind: 'switch',
      id,
      agentId,
      clientId,
      atMs: Date.parse(finishedAt),
      downtimeMs: downtimeMs ?? 0,
    };
  }
  if (is(InterruptionDetectedV1, event) && event.data.urgency === 'terminate') {
    const { incidentId: id, agentId, clientId, detectedAt } = event.data;
    return { kind: 'interruption', id, agentId, clientId, atMs: Date.parse(detectedAt), downtimeMs: 0 };
  }
  return null;
}

function launched(event: EventOf<typeof ReplicaLaunchedV1>): UsageFact {
  return fact(event, replicaOf(event.data), { kind: 'launched', replicaType: event.data.replicaType });
}

/** `replicaId` is the id of the machine. */
function replicaOf(data: { replicaId: string; ec2InstanceId: string | null; poolId: string }): Place {
  return { instanceId: data.replicaId, ec2InstanceId: data.ec2InstanceId, poolId: data.poolId };
}

function fact(
  event: { readonly id: string; readonly time: string; readonly data: { agentId: string; clientId: string } },
  place: Place,
  change: UsageChange,
  at = event.time,
): UsageFact {
  const { agentId, clientId } = event.data;
  const { instanceId, ec2InstanceId, poolId = null, mode = 'unknown' } = place;
  return {
    eventId: event.id,
    agentId,
    clientId,
    instanceId,
    ec2InstanceId,
    poolId,
    mode,
    atMs: Date.parse(at),
    change,
  };
}

function is<Definition extends EventDefinition>(
  definition: Definition,
  event: AnyEvent,
): event is EventOf<Definition> {
  return event.type === definition.type;
}

function reads<Definition extends EventDefinition>(
  definition: Definition,
  read: (event: EventOf<Definition>) => UsageFact[],
): Record<string, (event: AnyEvent) => UsageFact[]> {
  return { [definition.type]: (event) => (is(definition, event) ? read(event) : []) };
}
