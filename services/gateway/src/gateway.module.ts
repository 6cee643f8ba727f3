import type { DynamicModule, Provider } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { ClientDeletedV1, ClientTokenRegeneratedV1 } from '@spotopt/contracts';
import { Clock, PeriodicTask, SystemClock } from '@spotopt/kernel';
import { eventMessage } from '@spotopt/messaging';
import { Metrics } from '@spotopt/platform';
import type { ServiceContext } from '@spotopt/platform';
import { AccessGuard } from './access/access.guard.js';
import { Authenticate } from './access/authenticate.js';
import { TypeormClientStore } from './access/client.store.js';
import { ClientsController } from './access/clients.controller.js';
import { DeleteClient } from './access/delete-client.js';
import { TypeormIdempotencyStore } from './access/idempotency.store.js';
import { IdempotentRequests } from './access/idempotent-requests.js';
import { LocalRateLimiter, NoRateLimit } from './access/local-rate-limiter.js';
import { ManageClients } from './access/manage-clients.js';
import { ClientRegister, RateLimiter } from './access/ports.js';
import { RedisRateLimiter } from './access/redis-rate-limiter.client.js';
import { TokenCipher } from './access/token-cipher.js';
import { AgentListController } from './agents/agent-list.controller.js';
import { AgentSettingsController } from './agents/agent-settings.controller.js';
import { AgentsController } from './agents/agents.controller.js';
import { CachedAgentDirectory } from './agents/cached-agent-directory.js';
import { HeartbeatBuffer } from './agents/heartbeat-buffer.js';
import { AgentDirectory } from './agents/ports.js';
import { FindInstance } from './agents/find-instance.js';
import { RegisterAgent } from './agents/register-agent.js';
import { BacktestsController } from './backtests/backtests.controller.js';
import { Background } from './background.js';
import type { BackgroundPart } from './background.js';
import { BusCommandBell } from './commands/command-bell.client.js';
import { TypeormCommandStore } from './commands/command.store.js';
import { CommandsConsumer } from './commands/commands.consumer.js';
import { CommandsController } from './commands/commands.controller.js';
import { CompleteCommand } from './commands/complete-command.js';
import { ExpireCommands } from './commands/expire-commands.js';
import { ForceSwitchController } from './commands/force-switch.controller.js';
import { PendingCommands } from './commands/ports.js';
import { QueueCommand } from './commands/queue-command.js';
import { RequestSwitch } from './commands/request-switch.js';
import { TakePendingCommands } from './commands/take-pending-commands.js';
import type { GatewayConfig } from './config.js';
import { TypeormActivityStore, TypeormNotificationStore } from './events/activity.store.js';
import { DeleteOldRecords } from './events/delete-old-records.js';
import { EventHints } from './events/event-hints.js';
import { TypeormEventLogStore } from './events/event-log.store.js';
import { EventStreams } from './events/event-stream.js';
import { EventTail } from './events/event-tail.js';
import { EventLogConsumer } from './events/event.consumer.js';
import { EventsController } from './events/events.controller.js';
import { HintsConsumer } from './events/hints.consumer.js';
import { ActivityAuditTrail, RecordEvent } from './events/record-event.js';
import { ReplayEvents } from './events/replay-events.js';
import { CheckReadiness } from './health/check-readiness.js';
import { HealthController } from './health/health.controller.js';
import { GetEmergencyStatus } from './interruptions/get-emergency-status.js';
import { InterruptionsController } from './interruptions/interruptions.controller.js';
import { ReportInterruption } from './interruptions/report-interruption.js';
import { ClientOverview } from './overview/client-overview.js';
import { GetStats } from './overview/get-stats.js';
import { ComparisonController } from './comparison/comparison.controller.js';
import { DecisionsController } from './decisions/decisions.controller.js';
import { HistoryController } from './overview/history.controller.js';
import { OverviewController } from './overview/overview.controller.js';
import { PeopleController } from './overview/people.controller.js';
import { ReadActivity } from './overview/read-activity.js';
import { MODEL_CONTROLLERS, modelProviders } from './models.module.js';
import { DirectEvents, ServiceRequests } from './ports.js';
import { PRICE_CONTROLLERS, priceProviders } from './prices.module.js';
import { ClientReplicasController } from './replicas/client-replicas.controller.js';
import { ReplicaReportsController } from './replicas/replica-reports.controller.js';
import { ReplicasController } from './replicas/replicas.controller.js';
import { AcceptReports } from './reports/accept-reports.js';
import { ReportsController } from './reports/reports.controller.js';
import { SAVINGS_CONTROLLERS, savingsProviders } from './savings.module.js';

type Context = ServiceContext<GatewayConfig>;

const ASK_TIMEOUT_MS = 3_000;
const EXPIRY_SWEEP_MS = 10_000;
const CLEAN_UP_MS = 3_600_000;

export const CONTROLLERS = [
  HealthController,
  AgentsController,
  AgentListController,
  AgentSettingsController,
  CommandsController,
  ForceSwitchController,
  ReportsController,
  InterruptionsController,
  ReplicasController,
  ClientReplicasController,
  ReplicaReportsController,
  ClientsController,
  OverviewController,
  DecisionsController,
  ComparisonController,
  HistoryController,
  PeopleController,
  ...PRICE_CONTROLLERS,
  ...SAVINGS_CONTROLLERS,
  BacktestsController,
  ...MODEL_CONTROLLERS,
  EventsController,
  EventLogConsumer,
  HintsConsumer,
  CommandsConsumer,
];

class BusRequests extends ServiceRequests {
  constructor(private readonly rpc: Context['rpc']) {
    super();
  }

  override ask: ServiceRequests['ask'] = (definition, request, options = {}) =>
    this.rpc.call(definition, request, { timeoutMs: ASK_TIMEOUT_MS, ...options });
}

class BusEvents extends DirectEvents {
  constructor(private readonly bus: Context['bus']) {
    super();
  }

  override publish: DirectEvents['publish'] = (event) => this.bus.publish(eventMessage(event));
}

/** What every capability is built from. */
function foundation(context: Context) {
  const { database, clock, ids, logger: log, random } = context;
  const { uow, inbox, outbox } = database;
  const activity = new TypeormActivityStore();
  return {
    ...{ uow, inbox, outbox, clock, ids, log, random },
    /** Time of caches, streams and timeouts, which do not follow a simulation. */
    wallClock: new SystemClock(),
    requests: new BusRequests(context.rpc),
    events: new BusEvents(context.bus),
    activity,
    audit: new ActivityAuditTrail({ store: activity, clock, ids }),
    notifications: new TypeormNotificationStore(),
    eventLog: new TypeormEventLogStore(),
    commandStore: new TypeormCommandStore(),
    idempotency: new TypeormIdempotencyStore(),
  };
}

type Foundation = ReturnType<typeof foundation>;

/** A part whose failures are logged and tried again. */
function repeated(
  base: Foundation,
  name: string,
  every: { intervalMs: number; work: (signal: AbortSignal) => Promise<unknown> },
): BackgroundPart {
  const task = new PeriodicTask(
    base.clock,
    {
      name,
      intervalMs: every.intervalMs,
      firstAfterMs: every.intervalMs * base.random(),
      random: base.random,
      onError: (error) => {
        base.log.warn({ error }, `${name} failed and is tried again`);
      },
    },
    async (signal) => {
      await every.work(signal);
    },
  );
  return { start: () => void task.start(), stop: () => task.stop() };
}

function rateLimiter(context: Context, base: Foundation): { limiter: RateLimiter; part?: BackgroundPart } {
  const { rateLimitPerSecond: perSecond, rateLimitBurst: burst, redisUrl } = context.config;
  if (perSecond === 0) return { limiter: new NoRateLimit() };
  const limit = { perSecond, burst };
  const local = new LocalRateLimiter(base.clock, limit);
  if (redisUrl === undefined) return { limiter: local };
  const redis = new RedisRateLimiter({
    url: redisUrl,
    limit,
    clock: base.clock,
    fallback: local,
    log: base.log,
  });
  return { limiter: redis, part: { start: () => redis.connect(), stop: () => redis.close() } };
}

function accessProviders(context: Context, base: Foundation, hints: EventHints): Provider[] {
  const { adminToken, tokenEncryptionKey, openReadsOnLoopback } = context.config;
  const store = new TypeormClientStore();
  const clients = new ManageClients({ ...base, store, cipher: new TokenCipher(tokenEncryptionKey) });
  const authenticate = new Authenticate({ ...base, adminToken, store });
  const idempotent = new IdempotentRequests({ ...base, store: base.idempotency });
  hints.listen(({ type }) => {
    if (type === ClientTokenRegeneratedV1.type || type === ClientDeletedV1.type) authenticate.forgetAll();
  });
  return [
    { provide: ManageClients, useValue: clients },
    { provide: ClientRegister, useValue: clients },
    { provide: Authenticate, useValue: authenticate },
    { provide: DeleteClient, useValue: new DeleteClient({ ...base, clients, authenticate }) },
    {
      provide: APP_GUARD,
      useFactory: (reflector: Reflector, limiter: RateLimiter) =>
        new AccessGuard(reflector, authenticate, limiter, { openReadsOnLoopback }),
      inject: [Reflector, RateLimiter],
    },
    { provide: IdempotentRequests, useValue: idempotent },
    { provide: GetStats, useValue: new GetStats({ ...base, clients }) },
    { provide: ClientOverview, useValue: new ClientOverview({ ...base, clients }) },
    { provide: ReadActivity, useValue: new ReadActivity(base) },
  ];
}

interface Wired {
  readonly providers: Provider[];
  readonly background: BackgroundPart[];
}

function agentParts(context: Context, base: Foundation, hints: EventHints): Wired {
  const store = base.commandStore;
  const directory = new CachedAgentDirectory(base.requests, base.wallClock);
  hints.listen(({ type, subject }) => {
    if (/^spotopt\.(instance\.role-changed|agent\.(registered|deleted|settings-changed))\./.test(type)) {
      directory.forget(subject);
    }
  });
  const bell = new BusCommandBell({ bus: context.bus, clock: base.clock, log: base.log });
  const heartbeats = new HeartbeatBuffer(base);
  const pending = new TakePendingCommands({ ...base, store });
  const expire = new ExpireCommands({ ...base, store });
  const providers: Provider[] = [
    { provide: AgentDirectory, useValue: directory },
    { provide: RegisterAgent, useValue: new RegisterAgent({ ...base, directory, bell }) },
    { provide: HeartbeatBuffer, useValue: heartbeats },
    { provide: TakePendingCommands, useValue: pending },
    { provide: PendingCommands, useValue: pending },
    { provide: CompleteCommand, useValue: new CompleteCommand({ ...base, store }) },
    { provide: RequestSwitch, useValue: new RequestSwitch(base.requests) },
    { provide: FindInstance, useValue: new FindInstance(base.requests) },
    {
      provide: QueueCommand,
      useValue: new QueueCommand({ ...base, store, bell, failpoints: context.failpoints }),
    },
    { provide: AcceptReports, useValue: new AcceptReports({ ...base, commands: store }) },
    { provide: ReportInterruption, useValue: new ReportInterruption(base) },
    { provide: GetEmergencyStatus, useValue: new GetEmergencyStatus(base) },
  ];
  const background = [
    {
      start: () => {
        heartbeats.start();
      },
      stop: () => heartbeats.stop(),
    },
    repeated(base, 'command expiry', { intervalMs: EXPIRY_SWEEP_MS, work: () => expire.execute() }),
  ];
  return { providers, background };
}

function eventParts(context: Context, base: Foundation, hints: EventHints): Wired {
  const tail = new EventTail({ ...base, store: base.eventLog });
  const streams = new EventStreams(tail, base.wallClock);
  hints.listen(() => {
    tail.nudge();
  });
  context.metrics.gauge({
    name: 'gateway_open_event_streams',
    help: 'Server-sent event streams that are open.',
    collect: () => streams.count,
  });
  const record = new RecordEvent({
    ...base,
    onRecorded: () => {
      tail.nudge();
    },
    log: base.eventLog,
  });
  const cleaner = new DeleteOldRecords({
    ...base,
    log: base.eventLog,
    commands: base.commandStore,
    eventRetentionDays: context.config.eventRetentionDays,
  });
  const providers: Provider[] = [
    { provide: EventHints, useValue: hints },
    { provide: EventTail, useValue: tail },
    { provide: EventStreams, useValue: streams },
    { provide: RecordEvent, useValue: record },
    { provide: ReplayEvents, useValue: new ReplayEvents({ ...base, store: base.eventLog }) },
  ];
  const background = [
    {
      start: () => {
        tail.start();
      },
      release: () => {
        streams.closeAll();
      },
      stop: () => tail.stop(),
    },
    repeated({ ...base, clock: base.wallClock }, 'clean-up', {
      intervalMs: CLEAN_UP_MS,
      work: (signal) => cleaner.execute(signal),
    }),
  ];
  return { providers, background };
}

/** The only place where the gateway's parts are put together. */
export class GatewayModule {
  static with(context: Context): DynamicModule {
    const base = foundation(context);
    const hints = new EventHints();
    const { limiter, part } = rateLimiter(context, base);
    const agents = agentParts(context, base, hints);
    const events = eventParts(context, base, hints);
    const background = new Background([
      ...agents.background,
      ...events.background,
      ...(part === undefined ? [] : [part]),
    ]);
    const readiness = new CheckReadiness({
      clock: base.clock,
      database: () => context.database.health(),
      broker: () => context.bus.health(),
    });
    return {
      module: GatewayModule,
      controllers: CONTROLLERS,
      providers: [
        { provide: Clock, useValue: base.clock },
        { provide: Metrics, useValue: context.metrics },
        { provide: ServiceRequests, useValue: base.requests },
        { provide: RateLimiter, useValue: limiter },
        { provide: CheckReadiness, useValue: readiness },
        { provide: Background, useValue: background },
        ...accessProviders(context, base, hints),
        ...agents.providers,
        ...priceProviders(base),
        ...savingsProviders({ ...base, maxCostReportBytes: context.config.maxCostReportBytes }),
        ...modelProviders({ ...base, maxModelBytes: context.config.maxModelBytes }),
        ...events.providers,
      ],
    };
  }
}
