import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { Envelope } from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { EventHints } from './event-hints.js';
import { REPLAYED_EVENTS } from './event.consumer.js';

/** Every process hears what happens: what it remembers of others may be out of date. */
@Controller()
export class HintsConsumer {
  constructor(private readonly hints: EventHints) {}

  @OnEvent(REPLAYED_EVENTS, { subscription: 'hints', kind: 'ephemeral', prefetch: 100 })
  onEvent(@Payload() event: Envelope): void {
    this.hints.tell(event);
  }
}
