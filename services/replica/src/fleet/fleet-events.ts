import {
  type AgentCommand,
  CommandRequestedV1,
  createEvent,
  type EventDefinition,
  type EventOf,
  InstanceRoleChangedV1,
  type NewEvent,
  type Severity,
} from '@spotopt/contracts';
import type { Clock, Ids } from '@spotopt/kernel';
import { type Agent, type Instance, roleOf } from './ports.js';

/** Where and what a machine is, as events say it. */
export function placementOf(instance: Instance): {
  instanceId: string;
  ec2InstanceId: string | null;
  mode: Instance['mode'];
  poolId: string;
} {
  return {
    instanceId: instance.id,
    ec2InstanceId: instance.ec2InstanceId,
    mode: instance.mode,
    poolId: instance.poolId,
  };
}

/** Makes the events of this service, with id, time and subject filled in. */
export class FleetEvents {
  constructor(
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  of<Definition extends EventDefinition>(
    definition: Definition,
    agentId: string,
    data: NewEvent<Definition>['data'],
    options: { readonly correlation?: string | null | undefined; readonly severity?: Severity } = {},
  ): EventOf<Definition> {
    return createEvent(definition, {
      id: this.ids.next(),
      time: this.clock.now(),
      subject: agentId,
      data,
      correlation: options.correlation ?? undefined,
      severity: options.severity,
    });
  }

  command(command: AgentCommand): EventOf<typeof CommandRequestedV1> {
    return this.of(CommandRequestedV1, command.agentId, { command }, { correlation: command.correlation });
  }

  roleChanged(
    agent: Agent,
    before: Instance | null,
    after: Instance,
    options: { readonly reason: string; readonly correlation?: string | null },
  ): EventOf<typeof InstanceRoleChangedV1> {
    return this.of(
      InstanceRoleChangedV1,
      agent.id,
      {
        agentId: agent.id,
        clientId: agent.clientId,
        placement: placementOf(after),
        from: before === null ? null : roleOf(before.state),
        to: roleOf(after.state),
        epoch: agent.epoch,
        reason: options.reason,
      },
      { correlation: options.correlation },
    );
  }
}
