import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import { SqsConnection, SqsNoticeQueue } from '@spotopt/cloud';
import { UnitOfWork } from '@spotopt/kernel';
import { RetentionJob, type RetentionRule } from '@spotopt/persistence';
import { awsAccessOf, type ServiceContext } from '@spotopt/platform';
import type { EmergencyConfig } from './config.js';
import { IncidentConsumer } from './incident/incident.consumer.js';
import { TypeormIncidentStore } from './incident/incident.store.js';
import { type EmergencyDeps, HandleSignal, TrackFailover } from './incident/index.js';
import { IncidentStore } from './incident/ports.js';
import { FleetConsumer } from './machines/fleet.consumer.js';
import { FollowFleet } from './machines/index.js';
import { TypeormMachineStore } from './machines/machine.store.js';
import { TakeNotices } from './notices/index.js';
import { PriceConsumer } from './risk/price.consumer.js';
import { TypeormPriceStore } from './risk/price.store.js';
import { PriceStore } from './risk/ports.js';
import { WatchJob } from './watch.job.js';

type Context = ServiceContext<EmergencyConfig>;

const DAY_MS = 86_400_000;

const RETENTION: readonly RetentionRule[] = [
  {
    table: 'price_change',
    keys: ['pool_id', 'observed_at'],
    timeColumn: 'observed_at',
    keepNewestPer: ['pool_id'],
    keepMs: 3 * DAY_MS,
  },
  // Incidents are training data and stay as long as the prices that go with them.
  {
    table: 'incident_signal',
    keys: ['incident_id', 'number'],
    timeColumn: 'received_at',
    keepMs: 730 * DAY_MS,
  },
  { table: 'incident', keys: ['id'], timeColumn: 'closed_at', keepMs: 730 * DAY_MS },
];

export const LISTENERS: Type[] = [IncidentConsumer, FleetConsumer, PriceConsumer];

/** The only place where this service's parts are put together. */
@Module({})
export class EmergencyModule {
  static create(context: Context): DynamicModule {
    return {
      module: EmergencyModule,
      controllers: LISTENERS,
      providers: providersOf(context),
    };
  }
}

function providersOf(context: Context): Provider[] {
  const { database, clock, ids, logger, random } = context;
  const { uow, inbox, outbox, leases } = database;
  const deps: EmergencyDeps = { uow, inbox, outbox, clock, ids };
  const incidents = new TypeormIncidentStore();
  const machines = new TypeormMachineStore();
  const prices = new TypeormPriceStore();
  const handle = new HandleSignal(deps, { incidents, machines, prices });
  const track = new TrackFailover(deps, incidents, machines);
  return [
    { provide: UnitOfWork, useValue: uow },
    { provide: IncidentStore, useValue: incidents },
    { provide: PriceStore, useValue: prices },
    { provide: HandleSignal, useValue: handle },
    { provide: TrackFailover, useValue: track },
    { provide: FollowFleet, useValue: new FollowFleet(uow, machines) },
    {
      provide: RetentionJob,
      useFactory: () => new RetentionJob({ uow, clock, leases, logger, random, rules: RETENTION }),
    },
    {
      provide: WatchJob,
      useFactory: () =>
        new WatchJob({
          clock,
          leases,
          logger,
          random,
          track,
          take: takeNotices(context, handle),
        }),
    },
  ];
}

function takeNotices({ config, logger }: Context, handle: HandleSignal): TakeNotices | null {
  const { noticeQueueUrl, awsRegion: region } = config;
  if (noticeQueueUrl === undefined) return null;
  const connection = new SqsConnection({ region, ...awsAccessOf(config) });
  const queue = new SqsNoticeQueue(connection, noticeQueueUrl);
  return new TakeNotices(queue, handle, {
    malformed: (reason) => {
      logger.warn({ reason }, 'a message on the notice queue is not an EventBridge event; it was deleted');
    },
  });
}
