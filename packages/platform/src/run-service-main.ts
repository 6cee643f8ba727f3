import { SystemClock, UlidIds } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import { RabbitMessageBus } from '@spotopt/messaging';
import type { MessageBus } from '@spotopt/messaging';
import { openDatabase } from '@spotopt/persistence';
import type { Database } from '@spotopt/persistence';
import { loadConfigs } from './config.js';
import type { Environment } from './config.js';
import { failpointsFrom } from './failpoints.js';
import { startHealthServer } from './health-server.js';
import { eventLoopIndicator } from './health.js';
import { createLogger } from './logging.js';
import type { Logger } from './logging.js';
import { Metrics } from './metrics.js';
import { clockFrom, platformConfig } from './platform-config.js';
import type { PlatformConfig } from './platform-config.js';
import type { ServiceDefinition } from './service-definition.js';
import { EXIT_FAILURE, explainStartFailure } from './start-failure.js';
import { startService } from './start-service.js';
import type { RunningService } from './start-service.js';

/** What is opened so far, to be closed in the opposite order. */
class Opened {
  readonly #closers: { readonly what: string; readonly close: () => Promise<void> | void }[] = [];

  add(what: string, close: () => Promise<void> | void): void {
    this.#closers.unshift({ what, close });
  }

  async closeAll(logger: Logger): Promise<void> {
    for (const { what, close } of this.#closers.splice(0)) {
      try {
        await close();
      } catch (error) {
        logger.warn({ error }, `${what} did not close cleanly`);
      }
    }
  }
}

interface Foundation {
  readonly config: PlatformConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly opened: Opened;
}

async function openDatabaseOf(
  definition: Pick<ServiceDefinition, 'name' | 'entities' | 'migrations'>,
  { config, clock, logger, opened }: Foundation,
): Promise<Database> {
  const database = await openDatabase({
    url: config.databaseUrl,
    service: definition.name,
    entities: definition.entities,
    migrations: definition.migrations,
    clock,
    ids: new UlidIds(),
    random: Math.random,
    logger,
    connectTimeoutMs: config.startTimeoutMs,
  });
  opened.add('database', () => database.close());
  return database;
}

async function connectBus(
  { name }: Pick<ServiceDefinition, 'name'>,
  database: Database,
  { config, logger, opened }: Foundation,
): Promise<MessageBus> {
  const bus = await RabbitMessageBus.connect({
    url: config.rabbitmqUrl,
    prefix: config.rabbitmqPrefix,
    // Retries of handlers follow the servers, not simulated time.
    clock: new SystemClock(),
    attempts: database.attempts,
    logger,
    random: Math.random,
    name,
    connectTimeoutMs: config.startTimeoutMs,
  });
  opened.add('bus', () => bus.close(0));
  return bus;
}

async function open<Config>(
  definition: ServiceDefinition<Config>,
  settings: Config,
  foundation: Foundation,
): Promise<RunningService> {
  const { config, clock, logger, opened } = foundation;
  const metrics = Metrics.create({ service: definition.name, processMetrics: true });
  let running: RunningService | null = null;
  const server = await startHealthServer({
    host: config.host,
    port: config.healthPort,
    metrics,
    health: async () => (running === null ? null : running.health()),
  });
  opened.add('health server', () => server.close());
  const eventLoop = eventLoopIndicator();
  opened.add('event loop monitor', () => {
    eventLoop.stop();
  });
  const database = await openDatabaseOf(definition, foundation);
  const bus = await connectBus(definition, database, foundation);
  running = await startService(definition, {
    config: settings,
    clock,
    ids: new UlidIds(),
    random: Math.random,
    logger,
    metrics,
    failpoints: failpointsFrom(config.spotoptFailpoint, config.spotoptFailpointOnceFile),
    bus,
    database,
    http: { host: config.host, port: config.httpPort },
    indicators: [eventLoop],
  });
  logger.info({ healthPort: server.port, httpUrl: running.httpUrl }, `${definition.name} is running`);
  return running;
}

/** Ends the process on a signal, once: later signals do not cut the drain short, its deadline does. */
function stopOnSignals(running: RunningService, { config, logger, opened }: Foundation): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    const overdue = setTimeout(() => {
      logger.error({ signal }, 'did not stop in time');
      process.exit(EXIT_FAILURE);
    }, config.shutdownTimeoutMs + 2_000);
    void running
      .stop(config.shutdownTimeoutMs)
      .then(() => opened.closeAll(logger))
      .then(() => {
        clearTimeout(overdue);
        logger.info({ signal }, 'stopped');
        process.exit(0);
      });
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
}

function exitOnBugs(logger: Logger): void {
  for (const kind of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(kind, (error: unknown) => {
      logger.error({ error, kind }, 'the program is in an unknown state and ends');
      process.exit(EXIT_FAILURE);
    });
  }
}

/**
 * Runs one service as a process of its own until a signal ends it. A start that fails says why in one
 * message on standard error and ends with 78 (settings), 69 (database or broker not available) or 1.
 */
export async function runServiceMain<Config>(
  definition: ServiceDefinition<Config>,
  env: Environment = process.env,
): Promise<void> {
  let foundation: Foundation | undefined;
  try {
    const [config, settings] = loadConfigs(platformConfig, definition.config, env);
    const logger = createLogger({ service: definition.name, level: config.logLevel });
    foundation = { config, clock: clockFrom(config), logger, opened: new Opened() };
    exitOnBugs(logger);
    const running = await open(definition, settings, foundation);
    stopOnSignals(running, foundation);
  } catch (error) {
    const failure = explainStartFailure(definition.name, error);
    process.stderr.write(`${failure.message}\n`);
    await foundation?.opened.closeAll(foundation.logger);
    process.exit(failure.exitCode);
  }
}
