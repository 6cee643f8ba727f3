import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { EVENTS, type Envelope } from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { RecordEvent } from './record-event.js';

export const REPLAYED_EVENTS = EVENTS.filter(({ replayed }) => replayed);

@Controller()
export class EventLogConsumer {
  constructor(private readonly recordEvent: RecordEvent) {}

  @OnEvent(REPLAYED_EVENTS, { subscription: 'event-log', prefetch: 50 })
  async onEvent(@Payload() event: Envelope): Promise<void> {
    await this.recordEvent.execute(event);
  }
}
