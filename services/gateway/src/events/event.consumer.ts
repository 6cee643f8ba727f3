import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { Envelope } from '@spotopt/contracts';
import { OnAnyEvent } from '@spotopt/messaging';
import { RecordEvent } from './record-event.js';

@Controller()
export class EventLogConsumer {
  constructor(private readonly recordEvent: RecordEvent) {}

  @OnAnyEvent({ subscription: 'event-log', prefetch: 50 })
  async onEvent(@Payload() event: Envelope): Promise<void> {
    await this.recordEvent.execute(event);
  }
}
