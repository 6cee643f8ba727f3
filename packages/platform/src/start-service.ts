import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Envelope } from '@spotopt/contracts';
import { AppError, Deadline, PeriodicTask, ScaledClock, SystemClock } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import { BusStrategy, RpcClient, eventMessage } from '@spotopt/messaging';
import { OutboxRelay } from '@spotopt/persistence';
import { CorrelationInterceptor } from './correlation.js';
import { busIndicator, checkHealth, databaseIndicator, outboxIndicator } from './health.js';
import type { HealthIndicator, HealthReport } from './health.js';
import { NestLogger } from './logging.js';
import type { ServiceContext, ServiceDefinition } from './service-definition.js';

export interface HttpAddress {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

export interface ServiceParts<Config> extends Omit<ServiceContext<Config>, 'rpc'> {
  /** Where a service with `http` listens. @default 127.0.0.1 on a free port */
  readonly http?: HttpAddress;
  /** Checked besides database, bus and outbox. */
  readonly indicators?: readonly HealthIndicator[];
}

export interface RunningService {
  readonly name: string;
  /** Base URL of the HTTP interface, for a service that has one. */
  readonly httpUrl: string | undefined;
  health(): Promise<HealthReport>;
  /**
   * Stops taking work, finishes what is in hand within `drainMs`, sends what is in the outbox, closes bus and
   * database. Messages that are not finished go back to their queues. Safe to call twice.
   */
  stop(drainMs: number): Promise<void>;
}

interface StartedApp {
  readonly app: INestApplicationContext;
  readonly httpUrl: string | undefined;
}

/** Time kept back for the steps after the drain, so that a slow handler does not cost the clean end. */
const CLOSING_MS = 1_000;
const RELAY_HOLD_MS = 1_500;
const FLUSH_POLL_MS = 20;
const PRUNE_INTERVAL_MS = 5 * 60_000;

/** Timeouts of the process itself pass in real time, whatever the speed of simulated time. */
const REAL_TIME = new SystemClock();

const NEST_OPTIONS = { abortOnError: false, bufferLogs: false } as const;

async function closedOnFailure(app: INestApplicationContext, start: () => Promise<unknown>): Promise<void> {
  try {
    await start();
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function startMicroservice<Config>(
  definition: ServiceDefinition<Config>,
  context: ServiceContext<Config>,
): Promise<StartedApp> {
  const { bus, logger } = context;
  const app = await NestFactory.createMicroservice(definition.createModule(context), {
    ...NEST_OPTIONS,
    logger: new NestLogger(logger),
    strategy: new BusStrategy({ bus, service: definition.name, logger }),
  });
  app.useGlobalInterceptors(new CorrelationInterceptor(context.ids));
  await closedOnFailure(app, () => app.listen());
  return { app, httpUrl: undefined };
}

async function startHttpService<Config>(
  definition: ServiceDefinition<Config>,
  context: ServiceContext<Config>,
  address: HttpAddress,
): Promise<StartedApp> {
  const { bus, logger } = context;
  if (definition.createHttpAdapter === undefined) {
    throw AppError.bug('no-http-adapter', `${definition.name} has http but no createHttpAdapter`);
  }
  const adapter = definition.createHttpAdapter(context);
  const app = await NestFactory.create(definition.createModule(context), adapter, {
    ...NEST_OPTIONS,
    logger: new NestLogger(logger),
  });
  const messages = app.connectMicroservice(
    { strategy: new BusStrategy({ bus, service: definition.name, logger }) },
    // What a service sets up for its HTTP requests is not meant for messages.
    { inheritAppConfig: false },
  );
  messages.useGlobalInterceptors(new CorrelationInterceptor(context.ids));
  await closedOnFailure(app, async () => {
    await definition.configureHttp?.(app, context);
    await app.startAllMicroservices();
    await app.listen(address.port, address.host);
  });
  return { app, httpUrl: await app.getUrl() };
}

interface Background {
  readonly relay: OutboxRelay;
  readonly pruning: PeriodicTask;
}

function startBackground<Config>({ bus, database, clock, ...rest }: ServiceContext<Config>): Background {
  const { logger, failpoints, random } = rest;
  const relay = new OutboxRelay({
    database,
    publish: (message) => bus.publish(eventMessage(Envelope.parse(JSON.parse(message.body)))),
    clock,
    logger,
    failpoints,
    // What a killed process held delays its subjects, and a failover has little time to spare.
    holdMs: RELAY_HOLD_MS,
  });
  const pruning = new PeriodicTask(
    REAL_TIME,
    {
      name: 'prune',
      intervalMs: PRUNE_INTERVAL_MS,
      firstAfterMs: PRUNE_INTERVAL_MS * random(),
      random,
      onError: (error) => {
        logger.warn({ error }, 'old outbox and inbox rows could not be deleted');
      },
    },
    async () => {
      await database.prune();
    },
  );
  relay.start();
  pruning.start();
  return { relay, pruning };
}

/** Stops in the order in which nothing is lost; each step gets what is left of the time. */
class Shutdown {
  #done: Promise<void> | undefined;

  constructor(
    private readonly app: INestApplicationContext,
    private readonly background: Background,
    private readonly context: Pick<ServiceContext<unknown>, 'bus' | 'database' | 'logger'>,
  ) {}

  run(drainMs: number): Promise<void> {
    this.#done ??= this.#run(drainMs);
    return this.#done;
  }

  async #run(drainMs: number): Promise<void> {
    const { bus, database } = this.context;
    const { relay, pruning } = this.background;
    const drain = Deadline.after(REAL_TIME, Math.max(0, drainMs - CLOSING_MS));
    const end = Deadline.after(REAL_TIME, drainMs);
    // Closes HTTP, cancels the subscriptions, waits for handlers, then stops the jobs.
    await this.#step('handlers and jobs', drain, () => this.app.close());
    await this.#step('outbox', drain, (signal) => this.#flush(signal));
    await this.#step('outbox relay', end, () => relay.stop());
    await this.#step('pruning', end, () => pruning.stop());
    await this.#step('bus', end, () => bus.close(end.remainingMs()));
    await this.#step('database', end, () => database.close());
  }

  /** Waits until the last events are sent; what is not goes out when the service runs again. */
  async #flush(signal: AbortSignal): Promise<void> {
    const { relay } = this.background;
    relay.nudge();
    while (!signal.aborted && (await relay.unsentCount()) > 0) await REAL_TIME.sleep(FLUSH_POLL_MS, signal);
  }

  async #step(what: string, deadline: Deadline, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await deadline.race(`closing ${what}`, work);
    } catch (error) {
      this.context.logger.warn({ error }, `${what} did not close cleanly`);
    }
  }
}

function speedOf(clock: Clock): number {
  return clock instanceof ScaledClock ? clock.settings.speed : 1;
}

/** Starts one service on parts that somebody else opened; from here on the service owns bus and database. */
export async function startService<Config>(
  definition: ServiceDefinition<Config>,
  parts: ServiceParts<Config>,
): Promise<RunningService> {
  const { http, indicators = [], ...rest } = parts;
  const { bus, database, clock, logger } = rest;
  const context: ServiceContext<Config> = { ...rest, rpc: new RpcClient(bus) };
  const { app, httpUrl } =
    definition.http === true
      ? await startHttpService(definition, context, http ?? { host: '127.0.0.1', port: 0 })
      : await startMicroservice(definition, context);
  const background = startBackground(context);
  const { relay } = background;
  const checks = [
    databaseIndicator(database),
    busIndicator(bus),
    outboxIndicator(async () => (await relay.oldestUnsentAgeMs()) / speedOf(clock)),
    ...indicators,
  ];
  const shutdown = new Shutdown(app, background, { bus, database, logger });
  return {
    name: definition.name,
    httpUrl,
    health: () => checkHealth(checks),
    stop: (drainMs) => shutdown.run(drainMs),
  };
}
