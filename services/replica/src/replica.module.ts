import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import { Ec2Connection, Ec2TrafficTargets, type TrafficTargets } from '@spotopt/cloud';
import { UnitOfWork } from '@spotopt/kernel';
import { RetentionJob, type RetentionRule } from '@spotopt/persistence';
import { awsAccessOf, type ServiceContext } from '@spotopt/platform';
import type { ReplicaConfig } from './config.js';
import { FleetRpcController } from './fleet/fleet-rpc.controller.js';
import { TypeormFleetStore } from './fleet/fleet.store.js';
import { HeartbeatConsumer } from './fleet/heartbeat.consumer.js';
import { ManageAgent, RecordHeartbeats, RegisterAgent } from './fleet/index.js';
import { ConfirmationListener } from './fleet/ports.js';
import { PoolConsumer } from './pools/pool.consumer.js';
import { TypeormPoolStore } from './pools/pool.store.js';
import { PoolStore } from './pools/ports.js';
import { ReconcileJob } from './reconcile.job.js';
import { EndFailedLaunches } from './standby/end-failed-launches.js';
import { EndUnwantedStandbys } from './standby/end-unwanted-standbys.js';
import { FollowAdvice } from './standby/follow-advice.js';
import { KeepStandby } from './standby/keep-standby.js';
import { ListReplicas } from './standby/list-replicas.js';
import { AdoptReplica, RequestReplica } from './standby/request-replica.js';
import { RetireMachines } from './standby/retire-machines.js';
import { StandbyRpcController } from './standby/standby-rpc.controller.js';
import { StandbyConsumer } from './standby/standby.consumer.js';
import { TerminateReplica, UpdateReplica } from './standby/update-replica.js';
import { AdoptReportedSwitch } from './switching/adopt-reported-switch.js';
import { DriveSwitches } from './switching/drive-switches.js';
import { FailOver } from './switching/fail-over.js';
import { PromoteByHand } from './switching/promote-by-hand.js';
import { RecordCommandResult } from './switching/record-command-result.js';
import { RequestSwitch } from './switching/request-switch.js';
import { SwitchHistory } from './switching/switch-history.js';
import { TypeormSwitchStore } from './switching/switch.store.js';
import { SwitchingConsumer } from './switching/switching.consumer.js';
import { SwitchingRpcController } from './switching/switching-rpc.controller.js';
import { useCasesOf } from './use-cases.js';

type Context = ServiceContext<ReplicaConfig>;

/** On a fast clock an agent is not offline before this much real time. */
const REAL_OFFLINE_FLOOR_MS = 3_000;

export const LISTENERS: Type[] = [
  FleetRpcController,
  StandbyRpcController,
  SwitchingRpcController,
  HeartbeatConsumer,
  PoolConsumer,
  StandbyConsumer,
  SwitchingConsumer,
];

/** Binds the use cases to the bus, the database and the clock. */
@Module({})
export class ReplicaModule {
  static create(context: Context): DynamicModule {
    return {
      module: ReplicaModule,
      controllers: LISTENERS,
      providers: providersOf(context),
    };
  }
}

const DAY_MS = 86_400_000;
const KEEP_SWITCHES_MS = 180 * DAY_MS;

const RETENTION: readonly RetentionRule[] = [
  {
    table: 'switch_step',
    keys: ['switch_id', 'step'],
    timeColumn: 'started_at',
    keepMs: KEEP_SWITCHES_MS,
  },
  {
    table: 'switch',
    keys: ['id'],
    timeColumn: 'started_at',
    keepMs: KEEP_SWITCHES_MS,
    where: "status <> 'running'",
  },
];

function trafficTargetsOf({ config, logger }: Context): TrafficTargets {
  const access = awsAccessOf(config);
  const connection = new Ec2Connection({ region: config.awsRegion, ...access });
  // Loading the SDK takes half a second of the event loop: now, and not in the middle of the first failover.
  connection.open().catch((error: unknown) => {
    logger.warn({ error }, 'the AWS client is not ready yet; it is tried again when it is needed');
  });
  return new Ec2TrafficTargets(connection);
}

function providersOf(context: Context): Provider[] {
  const { database, clock, ids, logger, random, failpoints, config } = context;
  const { uow, inbox, outbox, leases } = database;
  const pools = new TypeormPoolStore();
  const cases = useCasesOf(
    { uow, inbox, outbox, clock, ids },
    {
      fleet: new TypeormFleetStore(),
      pools,
      switches: new TypeormSwitchStore(),
      traffic: trafficTargetsOf(context),
      failpoints,
      reporter: {
        failed: (error, switchId) => {
          logger.error({ error, switchId }, 'a switch could not go on and is tried again');
        },
      },
      offlineAfterMs: clock.noShorterThan(REAL_OFFLINE_FLOOR_MS, config.agentOfflineAfterSeconds * 1000),
    },
  );
  const { drive, keepStandby, endFailed, endUnwanted, retire, silence } = cases;
  const listener: ConfirmationListener = {
    primaryConfirmed: (agentId) => {
      drive.agentChanged(agentId).catch((error: unknown) => {
        logger.error({ error, agentId }, 'a confirmed switch could not go on and is tried again');
      });
    },
  };
  const sweepMs = config.reconcileIntervalSeconds * 1000;
  const parts = { clock, leases, logger, random, drive, endFailed, endUnwanted, retire, silence, sweepMs };
  return [
    { provide: UnitOfWork, useValue: uow },
    { provide: PoolStore, useValue: pools },
    { provide: ConfirmationListener, useValue: listener },
    { provide: RegisterAgent, useValue: cases.register },
    { provide: ManageAgent, useValue: cases.manage },
    { provide: RecordHeartbeats, useValue: cases.heartbeats },
    { provide: ListReplicas, useValue: cases.listReplicas },
    { provide: RequestReplica, useValue: cases.requestReplica },
    { provide: AdoptReplica, useValue: cases.adoptReplica },
    { provide: UpdateReplica, useValue: cases.updateReplica },
    { provide: TerminateReplica, useValue: cases.terminateReplica },
    { provide: FollowAdvice, useValue: cases.followAdvice },
    { provide: KeepStandby, useValue: keepStandby },
    { provide: EndFailedLaunches, useValue: endFailed },
    { provide: EndUnwantedStandbys, useValue: endUnwanted },
    { provide: RetireMachines, useValue: retire },
    { provide: RequestSwitch, useValue: cases.requestSwitch },
    { provide: PromoteByHand, useValue: cases.promoteByHand },
    { provide: FailOver, useValue: cases.failOver },
    { provide: RecordCommandResult, useValue: cases.recordResult },
    { provide: AdoptReportedSwitch, useValue: cases.adoptSwitch },
    { provide: SwitchHistory, useValue: cases.history },
    { provide: DriveSwitches, useValue: drive },
    {
      provide: RetentionJob,
      useFactory: () => new RetentionJob({ uow, clock, leases, logger, random, rules: RETENTION }),
    },
    { provide: ReconcileJob, useFactory: () => new ReconcileJob({ ...parts, keep: keepStandby }) },
  ];
}
