import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { CommandRequestedV1 } from '@spotopt/contracts';
import type { EventOf } from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { QueueCommand } from './queue-command.js';

@Controller()
export class CommandsConsumer {
  constructor(private readonly queueCommand: QueueCommand) {}

  @OnEvent(CommandRequestedV1, { subscription: 'command-requested', prefetch: 100, maxAttempts: 10 })
  async onCommandRequested(@Payload() event: EventOf<typeof CommandRequestedV1>): Promise<void> {
    await this.queueCommand.execute(event.id, event.data.command);
  }
}
