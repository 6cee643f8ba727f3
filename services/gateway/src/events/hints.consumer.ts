import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { Envelope } from '@spotopt/contracts';
import { OnAnyEvent } from '@spotopt/messaging';
import { EventHints } from './event-hints.js';

/** Every process hears every event: what it remembers of others may be out of date. */
@Controller()
export class HintsConsumer {
  constructor(private readonly hints: EventHints) {}

  @OnAnyEvent({ subscription: 'hints', kind: 'ephemeral', prefetch: 100 })
  onEvent(@Payload() event: Envelope): void {
    this.hints.tell(event);
  }
}
