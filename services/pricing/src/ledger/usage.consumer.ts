import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { EventDefinition, EventOf } from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { LEDGER_EVENTS } from './fact-sources.js';
import { RecordUsage } from './record-usage.js';

/** One queue for all of it: the events of one workload come in their order as a rule. */
@Controller()
export class UsageConsumer {
  constructor(private readonly recordUsage: RecordUsage) {}

  @OnEvent(LEDGER_EVENTS, { subscription: 'ledger', prefetch: 50 })
  async onEvent(@Payload() event: EventOf<EventDefinition>): Promise<void> {
    await this.recordUsage.execute(event);
  }
}
