import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { Ec2Connection, Ec2TrafficTargets, type TrafficTargets } from '@spotopt/cloud';
import { UnitOfWork } from '@spotopt/kernel';
import type { ServiceContext } from '@spotopt/platform';
import type { ReplicaConfig } from './config.js';
import { FleetRpcController } from './fleet/fleet-rpc.controller.js';
import { TypeormFleetStore } from './fleet/fleet.store.js';
import { HeartbeatConsumer } from './fleet/heartbeat.consumer.js';
import {
  CommandAgent,
  DetectSilence,
  ManageAgent,
  RecordHeartbeats,
  RegisterAgent,
  Standbys,
  type UseCaseDeps,
} from './fleet/index.js';
import { ConfirmationListener } from './fleet/ports.js';
import { PoolConsumer } from './pools/pool.consumer.js';
import { TypeormPoolStore } from './pools/pool.store.js';
import { PoolStore } from './pools/ports.js';
import { ReconcileJob } from './reconcile.job.js';
import { EndFailedLaunches } from './standby/end-failed-launches.js';
import { KeepStandby } from './standby/keep-standby.js';
import { ListReplicas } from './standby/list-replicas.js';
import { AdoptReplica, RequestReplica } from './standby/request-replica.js';
import { RetireMachines } from './standby/retire-machines.js';
import { StandbyRpcController } from './standby/standby-rpc.controller.js';
import { StandbyConsumer } from './standby/standby.consumer.js';
import { TerminateReplica, UpdateReplica } from './standby/update-replica.js';
import { AdoptReportedSwitch } from './switching/adopt-reported-switch.js';
import { AdvanceSwitch } from './switching/advance-switch.js';
import { CommitPromotion } from './switching/commit-promotion.js';
import { DriveSwitches } from './switching/drive-switches.js';
import { FailOver } from './switching/fail-over.js';
import { PromoteByHand } from './switching/promote-by-hand.js';
import { RecordCommandResult } from './switching/record-command-result.js';
import { RequestSwitch } from './switching/request-switch.js';
import { StartSwitch } from './switching/start-switch.js';
import { DEFAULT_TIMEOUTS } from './switching/switch.js';
import { SwitchHistory } from './switching/switch-history.js';
import { SwitchProgress } from './switching/switch-progress.js';
import { TypeormSwitchStore } from './switching/switch.store.js';
import { SwitchingConsumer } from './switching/switching.consumer.js';
import { SwitchingRpcController } from './switching/switching-rpc.controller.js';

type Context = ServiceContext<ReplicaConfig>;

/** The only place where this service's parts are put together. */
@Module({})
export class ReplicaModule {
  static create(context: Context): DynamicModule {
    return {
      module: ReplicaModule,
      controllers: [
        FleetRpcController,
        StandbyRpcController,
        SwitchingRpcController,
        HeartbeatConsumer,
        PoolConsumer,
        StandbyConsumer,
        SwitchingConsumer,
      ],
      providers: providersOf(context),
    };
  }
}

function trafficTargetsOf(config: ReplicaConfig): TrafficTargets {
  const { awsRegion: region, awsEndpoint: endpoint, awsAccessKeyId, awsSecretAccessKey } = config;
  const credentials =
    awsAccessKeyId === undefined || awsSecretAccessKey === undefined
      ? undefined
      : { accessKeyId: awsAccessKeyId, secretAccessKey: awsSecretAccessKey };
  return new Ec2TrafficTargets(new Ec2Connection({ region, endpoint, credentials }));
}

function providersOf(context: Context): Provider[] {
  const { database, clock, ids, logger, random, failpoints, config } = context;
  const deps: UseCaseDeps = { uow: database.uow, inbox: database.inbox, outbox: database.outbox, clock, ids };
  const fleet = new TypeormFleetStore();
  const pools = new TypeormPoolStore();
  const switches = new TypeormSwitchStore();
  const commands = new CommandAgent(deps, fleet);
  const standbys = new Standbys(deps, fleet, commands);
  const progress = new SwitchProgress(deps, switches);
  const promotion = new CommitPromotion(deps, { fleet, pools, commands, progress });
  const start = new StartSwitch(deps, { fleet, switches, commands });
  const failOver = new FailOver(deps, { fleet, switches, pools, standbys, start });
  const advance = new AdvanceSwitch(
    deps,
    {
      fleet,
      switches,
      commands,
      standbys,
      progress,
      promotion,
      traffic: trafficTargetsOf(config),
      failpoints,
    },
    DEFAULT_TIMEOUTS,
  );
  const drive = new DriveSwitches(deps, {
    switches,
    advance,
    failOver,
    reporter: {
      failed: (error, switchId) => {
        logger.error({ error, switchId }, 'a switch could not go on and is tried again');
      },
    },
  });
  const keep = new KeepStandby(deps, { fleet, pools, standbys });
  const endFailed = new EndFailedLaunches(deps, { fleet, pools, standbys });
  const retire = new RetireMachines(deps, { fleet, commands });
  const silence = new DetectSilence(deps, fleet, config.agentOfflineAfterSeconds * 1000);
  const listener: ConfirmationListener = {
    primaryConfirmed: (agentId) => {
      drive.agentChanged(agentId).catch((error: unknown) => {
        logger.error({ error, agentId }, 'a confirmed switch could not go on and is tried again');
      });
    },
  };
  return [
    { provide: UnitOfWork, useValue: database.uow },
    { provide: PoolStore, useValue: pools },
    { provide: ConfirmationListener, useValue: listener },
    { provide: RegisterAgent, useValue: new RegisterAgent(deps, fleet) },
    { provide: ManageAgent, useValue: new ManageAgent(deps, { fleet, standbys }) },
    { provide: RecordHeartbeats, useValue: new RecordHeartbeats(deps, fleet) },
    { provide: ListReplicas, useValue: new ListReplicas(deps, fleet) },
    { provide: RequestReplica, useValue: new RequestReplica(deps, { fleet, pools, standbys }) },
    { provide: AdoptReplica, useValue: new AdoptReplica(deps, fleet) },
    { provide: UpdateReplica, useValue: new UpdateReplica(deps, { fleet, standbys }) },
    { provide: TerminateReplica, useValue: new TerminateReplica(deps, { fleet, standbys }) },
    { provide: KeepStandby, useValue: keep },
    { provide: EndFailedLaunches, useValue: endFailed },
    { provide: RetireMachines, useValue: retire },
    { provide: RequestSwitch, useValue: new RequestSwitch(deps, { fleet, switches, pools, start }) },
    { provide: PromoteByHand, useValue: new PromoteByHand(deps, { fleet, switches, start }) },
    { provide: FailOver, useValue: failOver },
    { provide: RecordCommandResult, useValue: new RecordCommandResult(deps, switches) },
    {
      provide: AdoptReportedSwitch,
      useValue: new AdoptReportedSwitch(deps, { fleet, switches, start, promotion }),
    },
    { provide: SwitchHistory, useValue: new SwitchHistory(deps, { fleet, switches }) },
    { provide: DriveSwitches, useValue: drive },
    {
      provide: ReconcileJob,
      useFactory: () =>
        new ReconcileJob({
          clock,
          leases: database.leases,
          logger,
          random,
          drive,
          keep,
          endFailed,
          retire,
          silence,
          sweepMs: config.reconcileIntervalSeconds * 1000,
        }),
    },
  ];
}
