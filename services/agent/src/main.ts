import { ImdsMetadata } from '@spotopt/cloud';
import { AppError, ScaledClock, SystemClock } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { AttemptStore, MessageBus } from '@spotopt/messaging';
import { startAgent } from './agent.js';
import { readConfig } from './config.js';
import type { AgentConfig } from './config.js';
import { ChildInstances } from './ec2/child-instances.js';
import { ChildSpotMarket } from './ec2/child-spot-market.js';
import { Ec2Child } from './ec2/ec2-child.js';
import { HttpGateway } from './gateway/http-gateway.js';
import { JsonLinesLogger } from './logging.js';
import type { AgentLogger } from './logging.js';
import { FileStateStore } from './state/file-state.store.js';
import { HookWorkload } from './workload/hook-workload.js';
import { SimulatedWorkload } from './workload/simulated-workload.js';
import type { Workload } from './workload/workload.js';

const AGENT_VERSION = '5.0.0';
const EXIT_CONFIG = 78;
const STOP_WITHIN_MS = 10_000;

function clockOf(config: AgentConfig): Clock {
  const {
    SPOTOPT_CLOCK_START: start,
    SPOTOPT_CLOCK_REAL_START: realStartMs,
    SPOTOPT_CLOCK_SPEED: speed,
  } = config;
  if (start === undefined || realStartMs === undefined || speed === undefined) return new SystemClock();
  return new ScaledClock({ startMs: Date.parse(start), realStartMs, speed });
}

function workloadOf(config: AgentConfig, clock: Clock, ec2InstanceId: string): Workload {
  if (config.SPOTOPT_SIMULATOR_URL !== undefined) {
    return new SimulatedWorkload(clock, { simulatorUrl: config.SPOTOPT_SIMULATOR_URL, ec2InstanceId });
  }
  return new HookWorkload({
    start: config.SPOTOPT_HOOK_START,
    stop: config.SPOTOPT_HOOK_STOP,
    warmUp: config.SPOTOPT_HOOK_WARM_UP,
    timeoutMs: config.SPOTOPT_HOOK_TIMEOUT,
    warmUpTimeoutMs: config.SPOTOPT_HOOK_WARM_UP_TIMEOUT,
  });
}

/** One attempt is all a delivery gets: what is not taken comes again from the mailbox. */
const singleAttempt: AttemptStore = {
  begin: () => Promise.resolve(1),
  forget: () => Promise.resolve(),
};

/** The bus, connected when it is first asked for; loaded only then, since it takes memory. */
class LazyBus {
  #bus: MessageBus | undefined;

  constructor(
    private readonly broker: { readonly url: string; readonly prefix: string },
    private readonly clock: Clock,
    private readonly logger: AgentLogger,
  ) {}

  readonly connect = async (): Promise<MessageBus> => {
    const { RabbitMessageBus } = await import('@spotopt/messaging/rabbit');
    const { broker, clock, logger } = this;
    this.#bus ??= await RabbitMessageBus.connect({
      ...broker,
      clock,
      attempts: singleAttempt,
      logger,
      name: 'spotopt-agent',
    });
    return this.#bus;
  };

  async close(): Promise<void> {
    await this.#bus?.close(1_000);
  }
}

async function run(config: AgentConfig): Promise<void> {
  const clock = clockOf(config);
  const logger = new JsonLinesLogger(
    config.LOG_LEVEL,
    () => clock.nowMs(),
    (line) => process.stdout.write(line),
  );
  const metadata = new ImdsMetadata({ baseUrl: config.SPOTOPT_METADATA_URL });
  const region = config.AWS_REGION ?? (await metadata.identity()).region;
  const ec2 = new Ec2Child({
    region,
    endpoint: config.SPOTOPT_AWS_ENDPOINT,
    userAgent: `spotopt-agent/${AGENT_VERSION}`,
  });
  const amqpUrl = config.SPOTOPT_AMQP_URL;
  const prefix = config.SPOTOPT_AMQP_PREFIX;
  const bus =
    amqpUrl === undefined ? undefined : new LazyBus({ url: amqpUrl, prefix }, new SystemClock(), logger);
  const agent = startAgent({
    clock,
    random: Math.random,
    logger,
    gateway: new HttpGateway({
      serverUrl: config.SPOT_OPTIMIZER_SERVER_URL,
      clientToken: config.SPOT_OPTIMIZER_CLIENT_TOKEN,
    }),
    metadata,
    instances: new ChildInstances(ec2),
    spotMarket: new ChildSpotMarket(ec2),
    createWorkload: ({ ec2InstanceId }) => workloadOf(config, clock, ec2InstanceId),
    stateStore: new FileStateStore(config.SPOTOPT_STATE_FILE, logger),
    bus: bus?.connect,
    logicalAgentId: config.LOGICAL_AGENT_ID,
    agentVersion: AGENT_VERSION,
    intervals: {
      heartbeatMs: config.HEARTBEAT_INTERVAL,
      commandsMs: config.PENDING_COMMANDS_CHECK_INTERVAL,
      configMs: config.CONFIG_REFRESH_INTERVAL,
      pricesMs: config.PRICING_REPORT_INTERVAL,
      metadataMs: config.TERMINATION_CHECK_INTERVAL,
      cleanupMs: config.CLEANUP_INTERVAL,
    },
  });
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      logger.error({ stopWithinMs: STOP_WITHIN_MS }, 'did not stop in time');
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
    await agent.stop();
    ec2.close();
    await bus?.close();
    process.exit(0);
  };
  // Signals after the first do not cut the stop short, its deadline does.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
  await agent.ready;
}

const result = readConfig(process.env);
if (result.ok) {
  try {
    await run(result.config);
  } catch (error) {
    const reason = error instanceof AppError ? `${error.code}: ${error.message}` : String(error);
    process.stderr.write(`the agent cannot run: ${reason}\n`);
    process.exit(1);
  }
} else {
  process.stderr.write(
    `the configuration is not valid:\n${result.problems.map((line) => `  ${line}\n`).join('')}`,
  );
  process.exit(EXIT_CONFIG);
}
