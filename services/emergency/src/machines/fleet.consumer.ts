import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  AgentRegisteredV1,
  type EventOf,
  InstanceRoleChangedV1,
  InstanceTerminatedV1,
  ReplicaFailedV1,
  ReplicaLaunchedV1,
  ReplicaReadyV1,
} from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { FollowFleet, type GoneEvent, type StandbyEvent } from './follow-fleet.js';

@Controller()
export class FleetConsumer {
  constructor(private readonly follow: FollowFleet) {}

  @OnEvent([AgentRegisteredV1, InstanceRoleChangedV1], { subscription: 'placements', prefetch: 50 })
  onPlaced(
    @Payload() event: EventOf<typeof AgentRegisteredV1> | EventOf<typeof InstanceRoleChangedV1>,
  ): Promise<void> {
    return this.follow.placed(event);
  }

  @OnEvent([ReplicaLaunchedV1, ReplicaReadyV1], { subscription: 'standbys', prefetch: 50 })
  onStandby(@Payload() event: StandbyEvent): Promise<void> {
    return this.follow.standby(event);
  }

  @OnEvent([ReplicaFailedV1, InstanceTerminatedV1], { subscription: 'machines-gone', prefetch: 50 })
  onGone(@Payload() event: GoneEvent): Promise<void> {
    return this.follow.gone(event);
  }
}
