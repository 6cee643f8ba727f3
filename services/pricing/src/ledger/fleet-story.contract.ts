import {
  AgentDeletedV1,
  AgentRegisteredV1,
  createEvent,
  type EventDefinition,
  type EventOf,
  InstanceRoleChangedV1,
  InstanceTerminatedV1,
  type Mode,
  type NewEvent,
  parsePoolId,
  regionOf,
  ReplicaFailedV1,
  ReplicaLaunchedV1,
  ReplicaPromotedV1,
  type ReplicaType,
  type Role,
  SwitchFinishedV1,
  type Trigger,
} from '@spotopt/contracts';
import { sampleSettings } from '@spotopt/testkit';

/** A moment as the story counts time. */
export type StoryTime = string | number;

export interface StoryMachine {
  readonly poolId: string;
  readonly mode: Mode;
}

export interface StorySwitch {
  readonly from: string;
  readonly to: string;
  readonly trigger: Trigger;
  readonly epoch: number;
  /** When the switch ended. @default at the promotion */
  readonly finishedAt?: StoryTime;
  readonly downtimeMs?: number;
}

const DEFAULT_MACHINE: StoryMachine = { poolId: 't3.medium.us-east-1a', mode: 'spot' };

/** The events that the coordinator publishes about one workload. The machine `a` is the EC2 instance `i-a`. */
export class FleetStory {
  readonly events: EventOf<EventDefinition>[] = [];

  constructor(
    private readonly ofAgent: { readonly agentId: string; readonly clientId: string },
    private readonly timeOf: (at: StoryTime) => Date,
    private readonly machines: Readonly<Record<string, StoryMachine>> = {},
  ) {}

  add<Definition extends EventDefinition>(
    at: StoryTime,
    definition: Definition,
    data: NewEvent<Definition>['data'],
  ): this {
    const { agentId } = this.ofAgent;
    const id = `${agentId}-event-${String(this.events.length)}`;
    this.events.push(createEvent(definition, { id, time: this.timeOf(at), subject: agentId, data }));
    return this;
  }

  placement(machine: string) {
    const { poolId, mode } = this.machines[machine] ?? DEFAULT_MACHINE;
    return { instanceId: machine, ec2InstanceId: `i-${machine}`, mode, poolId };
  }

  registration(machine: string, role: Role, epoch: number) {
    const { instanceType, az } = parsePoolId(this.placement(machine).poolId);
    return {
      ...{ ...this.ofAgent, agentKey: machine, logicalAgentId: 'web-1', region: regionOf(az), instanceType },
      ...{ role, placement: this.placement(machine), primary: null, settings: sampleSettings(), epoch },
    };
  }

  registered(at: StoryTime, machine: string, role: Role, epoch = 1): this {
    return this.add(at, AgentRegisteredV1, this.registration(machine, role, epoch));
  }

  launched(at: StoryTime, machine: string, replicaType: ReplicaType): this {
    const { poolId, ec2InstanceId } = this.placement(machine);
    const replica = { replicaId: machine, replicaType, poolId, ec2InstanceId };
    return this.add(at, ReplicaLaunchedV1, { ...this.ofAgent, ...replica });
  }

  role(at: StoryTime, machine: string, to: Role, epoch: number): this {
    const change = { from: null, to, epoch, reason: 'switch' };
    const placement = this.placement(machine);
    return this.add(at, InstanceRoleChangedV1, { ...this.ofAgent, placement, ...change });
  }

  /** What one promoting transaction publishes, and the end of its switch. */
  promoted(at: StoryTime, sw: StorySwitch): this {
    const { from, to, trigger, epoch, finishedAt = at, downtimeMs = 0 } = sw;
    const switchId = `${this.ofAgent.agentId}-switch-${String(epoch)}`;
    const { poolId, ec2InstanceId } = this.placement(to);
    this.add(at, ReplicaPromotedV1, {
      ...this.ofAgent,
      ...{ replicaId: to, replicaType: 'switch' as const, poolId, ec2InstanceId },
      ...{ oldInstanceId: from, oldEc2InstanceId: `i-${from}`, switchId, trigger, epoch },
      primariesAfterCommit: 1,
    });
    this.role(at, from, 'ZOMBIE', epoch).role(at, to, 'PRIMARY', epoch);
    return this.add(finishedAt, SwitchFinishedV1, {
      ...{ ...this.ofAgent, switchId, trigger, decisionId: null, incidentId: null, epoch, downtimeMs },
      ...{ from: this.placement(from), to: this.placement(to) },
      startedAt: this.timeOf(at).toISOString(),
      finishedAt: this.timeOf(finishedAt).toISOString(),
      ...{ oldUsdPerHour: null, newUsdPerHour: null, onDemandUsdPerHour: null, savingsUsdPerHour: null },
    });
  }

  givenUp(at: StoryTime, machine: string, ec2InstanceId: string | null = `i-${machine}`): this {
    const { poolId } = this.placement(machine);
    const replica = { replicaId: machine, replicaType: 'manual' as const, poolId, ec2InstanceId };
    return this.add(at, ReplicaFailedV1, { ...this.ofAgent, ...replica, reason: 'not wanted' });
  }

  terminated(at: StoryTime, machine: string, endedAt = at): this {
    return this.add(at, InstanceTerminatedV1, {
      ...this.ofAgent,
      ...{ instanceId: machine, ec2InstanceId: `i-${machine}`, lastRole: 'ZOMBIE' as const },
      ...{ reason: 'terminated by an agent', terminatedAt: this.timeOf(endedAt).toISOString() },
    });
  }

  deleted(at: StoryTime): this {
    return this.add(at, AgentDeletedV1, this.ofAgent);
  }
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const rest = [...items];
  const result: T[] = [];
  while (rest.length > 0) result.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return result;
}
