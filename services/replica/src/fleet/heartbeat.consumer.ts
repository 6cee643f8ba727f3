import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { type EventOf, HeartbeatsV1 } from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { ConfirmationListener } from './ports.js';
import { RecordHeartbeats } from './record-heartbeats.js';

@Controller()
export class HeartbeatConsumer {
  constructor(
    private readonly record: RecordHeartbeats,
    private readonly listener: ConfirmationListener,
  ) {}

  @OnEvent(HeartbeatsV1, { subscription: 'heartbeats', prefetch: 10 })
  async onHeartbeats(@Payload() event: EventOf<typeof HeartbeatsV1>): Promise<void> {
    const { confirmedAgentIds } = await this.record.execute(event.data.beats);
    for (const agentId of confirmedAgentIds) this.listener.primaryConfirmed(agentId);
  }
}
