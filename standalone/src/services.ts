import { decisionService } from '@spotopt/decision';
import { emergencyService } from '@spotopt/emergency';
import { gatewayService } from '@spotopt/gateway';
import { type Clock, type Ids, NoFailpoints, SystemClock } from '@spotopt/kernel';
import { InProcessBroker, InProcessMessageBus, MemoryAttemptStore, RpcClient } from '@spotopt/messaging';
import { openDatabase } from '@spotopt/persistence';
import {
  type Logger,
  type Metrics,
  type RunningService,
  type ServiceDefinition,
  startService,
} from '@spotopt/platform';
import { pricingService } from '@spotopt/pricing';
import { replicaService } from '@spotopt/replica';

export interface ServicesSettings {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  readonly adminToken: string;
  readonly tokenEncryptionKey: string;
  readonly openReads: boolean;
  readonly readPriceHistory: boolean;
  readonly cloud: { readonly endpoint: string; readonly region: string; readonly noticeQueueUrl: string };
}

export interface RunningServices {
  readonly gatewayUrl: string;
  readonly broker: InProcessBroker;
  /** For what only this program asks of the services, such as the first settings of its fleet. */
  readonly rpc: RpcClient;
  stop(drainMs: number): Promise<void>;
}

/** Retries of handlers follow the servers, not simulated time. */
const REAL_TIME = new SystemClock();

/** Credentials of the simulated cloud, which checks none. */
export const SIMULATED_CREDENTIALS = { accessKeyId: 'simulated', secretAccessKey: 'simulated' };

/** Starts every service of production in this process: same modules, other database, other bus. */
export async function startServices(settings: ServicesSettings): Promise<RunningServices> {
  const broker = new InProcessBroker(REAL_TIME);
  const running: RunningService[] = [];
  const aws = {
    awsEndpoint: settings.cloud.endpoint,
    awsRegion: settings.cloud.region,
    awsAccessKeyId: SIMULATED_CREDENTIALS.accessKeyId,
    awsSecretAccessKey: SIMULATED_CREDENTIALS.secretAccessKey,
  };
  const stop = async (drainMs: number): Promise<void> => {
    // The gateway first: it is the door.
    for (const service of running.toReversed()) await service.stop(drainMs);
  };
  try {
    running.push(
      await start(
        pricingService,
        { ...aws, ...marketFactsOf(settings), priceHistoryEnabled: settings.readPriceHistory },
        broker,
        settings,
      ),
    );
    running.push(await start(decisionService, {}, broker, settings));
    running.push(await start(replicaService, aws, broker, settings));
    running.push(
      await start(
        emergencyService,
        { ...aws, noticeQueueUrl: settings.cloud.noticeQueueUrl },
        broker,
        settings,
      ),
    );
    const gateway = await start(
      gatewayService,
      {
        adminToken: settings.adminToken,
        tokenEncryptionKey: settings.tokenEncryptionKey,
        openReadsOnLoopback: settings.openReads,
        // Simulated agents live faster than real ones, so their requests come closer together.
        rateLimitPerSecond: 0,
      },
      broker,
      settings,
    );
    running.push(gateway);
    const bus = new InProcessMessageBus(broker, {
      clock: REAL_TIME,
      attempts: new MemoryAttemptStore(),
      logger: settings.logger,
    });
    return { gatewayUrl: gateway.httpUrl ?? '', broker, rpc: new RpcClient(bus), stop };
  } catch (error) {
    await stop(1_000);
    throw error;
  }
}

/** The simulated region also has the price list and the advisor of real AWS; they must not be mixed. */
function marketFactsOf({ cloud }: ServicesSettings): Readonly<Record<string, unknown>> {
  return {
    priceListEndpoint: cloud.endpoint,
    spotAdvisorUrl: new URL('/spot-advisor-data.json', cloud.endpoint).href,
  };
}

async function start<Config>(
  definition: ServiceDefinition<Config>,
  values: Readonly<Record<string, unknown>>,
  broker: InProcessBroker,
  settings: ServicesSettings,
): Promise<RunningService> {
  const { name: service, entities, migrations } = definition;
  const { clock, ids, random, host, port } = settings;
  const logger = settings.logger.child({ service });
  const database = await openDatabase({
    url: settings.databaseUrl,
    service,
    entities,
    migrations,
    clock,
    ids,
    random,
    logger,
  });
  const bus = new InProcessMessageBus(broker, { clock: REAL_TIME, attempts: database.attempts, logger });
  return startService(definition, {
    config: definition.config.parse(values),
    clock,
    ids,
    random,
    logger,
    metrics: settings.metrics.forService(service),
    failpoints: new NoFailpoints(),
    bus,
    database,
    http: { host, port },
  });
}
