import { createEvent, type EventDefinition, type EventOf, type NewEvent } from '@spotopt/contracts';
import { NoFailpoints, UlidIds } from '@spotopt/kernel';
import {
  eventMessage,
  InProcessBroker,
  InProcessMessageBus,
  MemoryAttemptStore,
  type MessageBus,
  RpcClient,
  silentLogger as silentBus,
} from '@spotopt/messaging';
import type { Database } from '@spotopt/persistence';
import { loadConfig, Metrics, type ServiceDefinition, silentLogger, startService } from '@spotopt/platform';
import { ManualClock } from './manual-clock.js';
import { testDatabase } from './test-database.js';
import type { DatabaseDialect } from './test-servers.js';

export interface TestServiceOptions {
  readonly dialect: DatabaseDialect;
  readonly now: Date;
  /** Answers, on the outside bus, for the services that this one calls while it starts. */
  readonly answer?: (outside: MessageBus) => Promise<void>;
}

const random = (): number => 0.5;

/** A whole service with its default settings, on a database of its own and a bus that the test shares. */
export class TestService {
  readonly rpc: RpcClient;
  /** All events that the service or the test published, oldest first. */
  readonly events: EventOf<EventDefinition>[] = [];

  private constructor(
    readonly clock: ManualClock,
    readonly ids: UlidIds,
    readonly outside: MessageBus,
    readonly database: Database,
    private readonly cleanUps: (() => Promise<unknown>)[],
  ) {
    this.rpc = new RpcClient(outside);
  }

  static async start<Config>(
    definition: ServiceDefinition<Config>,
    { dialect, now, answer }: TestServiceOptions,
  ): Promise<TestService> {
    const { name, entities, migrations } = definition;
    const clock = new ManualClock(now);
    const ids = new UlidIds();
    const broker = new InProcessBroker(clock);
    const logger = silentBus;
    const test = await testDatabase(dialect, { service: name, entities, migrations, clock });
    const cleanUps = [() => test.cleanUp()];
    const outside = new InProcessMessageBus(broker, {
      ...{ clock, logger, random },
      attempts: new MemoryAttemptStore(),
    });
    const service = new TestService(clock, ids, outside, test.database, cleanUps);
    await service.#listen();
    await answer?.(outside);
    const running = await startService(definition, {
      ...{ clock, ids, random, database: test.database },
      config: loadConfig(definition.config, {}),
      logger: silentLogger(),
      metrics: Metrics.create({ service: name }),
      failpoints: new NoFailpoints(),
      bus: new InProcessMessageBus(broker, { clock, attempts: test.database.attempts, logger, random }),
    });
    cleanUps.push(() => running.stop(1_000));
    return service;
  }

  /** Publishes an event of another service, with the next id and the time of the clock. */
  async publish<Definition extends EventDefinition>(
    definition: Definition,
    data: NewEvent<Definition>['data'],
    subject = 'test',
  ): Promise<void> {
    await this.send(createEvent(definition, { id: this.ids.next(), time: this.clock.now(), subject, data }));
  }

  /** Publishes this very event: its id decides whether it is a duplicate. */
  async send(event: EventOf<EventDefinition>): Promise<void> {
    await this.outside.publish(eventMessage(event));
  }

  /** The data of all events of this type so far, oldest first. */
  readonly ofType = <Definition extends EventDefinition>(
    definition: Definition,
  ): EventOf<Definition>['data'][] =>
    this.events.flatMap((event) =>
      event.type === definition.type ? [event.data as EventOf<Definition>['data']] : [],
    );

  async stop(): Promise<void> {
    for (const cleanUp of this.cleanUps.reverse()) await cleanUp();
  }

  async #listen(): Promise<void> {
    const bindings = [{ exchange: 'spotopt.events', routingKey: '#' }] as const;
    await this.outside.subscribe({ queue: 'test.all', kind: 'shared', bindings }, (delivery) => {
      this.events.push(JSON.parse(delivery.body) as EventOf<EventDefinition>);
      return Promise.resolve();
    });
  }
}
