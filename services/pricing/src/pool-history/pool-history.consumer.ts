import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  AgentRegisteredV1,
  type EventOf,
  InstanceRoleChangedV1,
  InstanceTerminatedV1,
  InterruptionDetectedV1,
  ReplicaReadyV1,
} from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { RecordPoolHistory } from './record-pool-history.js';

@Controller()
export class PoolHistoryConsumer {
  constructor(private readonly record: RecordPoolHistory) {}

  @OnEvent(AgentRegisteredV1, { subscription: 'pools-registered' })
  async onRegistered(@Payload() event: EventOf<typeof AgentRegisteredV1>): Promise<void> {
    await this.record.placed(event);
  }

  @OnEvent(InstanceRoleChangedV1, { subscription: 'pools-role-changed' })
  async onRoleChanged(@Payload() event: EventOf<typeof InstanceRoleChangedV1>): Promise<void> {
    await this.record.placed(event);
  }

  @OnEvent(InterruptionDetectedV1, { subscription: 'pools-interrupted' })
  async onInterrupted(@Payload() event: EventOf<typeof InterruptionDetectedV1>): Promise<void> {
    await this.record.noticed(event);
  }

  @OnEvent(InstanceTerminatedV1, { subscription: 'pools-terminated' })
  async onTerminated(@Payload() event: EventOf<typeof InstanceTerminatedV1>): Promise<void> {
    await this.record.ended(event);
  }

  @OnEvent(ReplicaReadyV1, { subscription: 'pools-booted' })
  async onReady(@Payload() event: EventOf<typeof ReplicaReadyV1>): Promise<void> {
    await this.record.ready(event);
  }
}
