import 'reflect-metadata';
import { Controller, Inject } from '@nestjs/common';
import type { DynamicModule, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ClientCreatedV1, ClientDeletedV1, PricingSummary, createEvent } from '@spotopt/contracts';
import type { EventOf, RpcRequest, RpcResponse } from '@spotopt/contracts';
import { OnEvent, OnRpc } from '@spotopt/messaging';
import { z } from 'zod';
import type { ServiceContext, ServiceDefinition } from '../service-definition.js';
import { setting } from '../settings.js';

const exampleConfig = z.object({
  greeting: setting.text('First word of the log line.').default('seen'),
  apiKey: setting.secret('Key.').optional(),
});
type ExampleConfig = z.output<typeof exampleConfig>;

/** What a test sees of the service from outside. */
export interface ExampleProbe {
  readonly steps: string[];
  /** Awaited by every handler in the middle of its work. */
  gate: Promise<void>;
}

const CONTEXT = 'context';
const PROBE = 'probe';

@Controller()
class ExampleConsumer implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(CONTEXT) private readonly context: ServiceContext<ExampleConfig>,
    @Inject(PROBE) private readonly probe: ExampleProbe,
  ) {}

  onApplicationBootstrap(): void {
    this.probe.steps.push('jobs started');
  }

  onApplicationShutdown(): void {
    this.probe.steps.push('jobs stopped');
  }

  /** Answers each created client with its deletion, through inbox and outbox. */
  @OnEvent(ClientCreatedV1, { subscription: 'client-created' })
  async onClientCreated(@Payload() event: EventOf<typeof ClientCreatedV1>): Promise<void> {
    const { database, clock, ids, logger, config } = this.context;
    this.probe.steps.push(`begin ${event.subject}`);
    await this.probe.gate;
    await database.uow.run(async (tx) => {
      if (!(await database.inbox.claim(tx, 'example.client-created', event.id))) return;
      const { clientId } = event.data;
      const deleted = { id: ids.next(), time: clock.now(), subject: event.subject, data: { clientId } };
      await database.outbox.add(
        tx,
        createEvent(ClientDeletedV1, { ...deleted, correlation: event.correlation }),
      );
    });
    logger.info({ subject: event.subject }, `${config.greeting} a client`);
    this.probe.steps.push(`end ${event.subject}`);
  }

  @OnRpc(PricingSummary)
  async summary(
    @Payload() _request: RpcRequest<typeof PricingSummary>,
  ): Promise<RpcResponse<typeof PricingSummary>> {
    return Promise.reject(new Error('not part of the example'));
  }
}

class ExampleModule {}

export function exampleService(
  probe: ExampleProbe = { steps: [], gate: Promise.resolve() },
): ServiceDefinition<ExampleConfig> {
  return {
    name: 'pricing',
    config: exampleConfig,
    entities: [],
    migrations: [],
    listeners: [ExampleConsumer],
    createModule: (context): DynamicModule => ({
      module: ExampleModule,
      controllers: [ExampleConsumer],
      providers: [
        { provide: CONTEXT, useValue: context },
        { provide: PROBE, useValue: probe },
      ],
    }),
  };
}
