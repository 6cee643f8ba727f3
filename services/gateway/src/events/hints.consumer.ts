import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { EVENTS, type Envelope, PricingReportedV1 } from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { EventHints } from './event-hints.js';

/**
 * Price reports are most of all events and change nothing that a process remembers: to read each once more would cost
 * the acceptance of the next ones. Who follows the event log finds them at its next look.
 */
const HINTING = EVENTS.filter(
  ({ type, delivery }) => type !== PricingReportedV1.type && delivery !== 'best-effort',
);

/** Every process hears what happens: what it remembers of others may be out of date. */
@Controller()
export class HintsConsumer {
  constructor(private readonly hints: EventHints) {}

  @OnEvent(HINTING, { subscription: 'hints', kind: 'ephemeral', prefetch: 100 })
  onEvent(@Payload() event: Envelope): void {
    this.hints.tell(event);
  }
}
