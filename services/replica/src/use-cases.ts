import type { TrafficTargets } from '@spotopt/cloud';
import type { Failpoints } from '@spotopt/kernel';
import {
  CommandAgent,
  DetectSilence,
  type FleetStore,
  ManageAgent,
  RecordHeartbeats,
  RegisterAgent,
  Standbys,
  type UseCaseDeps,
} from './fleet/index.js';
import type { PoolStore } from './pools/index.js';
import { EndFailedLaunches } from './standby/end-failed-launches.js';
import { EndUnwantedStandbys } from './standby/end-unwanted-standbys.js';
import { FollowAdvice } from './standby/follow-advice.js';
import { KeepStandby } from './standby/keep-standby.js';
import { ListReplicas } from './standby/list-replicas.js';
import { AdoptReplica, RequestReplica } from './standby/request-replica.js';
import { RetireMachines } from './standby/retire-machines.js';
import { TerminateReplica, UpdateReplica } from './standby/update-replica.js';
import { AdoptReportedSwitch } from './switching/adopt-reported-switch.js';
import { AdvanceSwitch } from './switching/advance-switch.js';
import { CommitPromotion } from './switching/commit-promotion.js';
import { type DriveReporter, DriveSwitches } from './switching/drive-switches.js';
import { FailOver } from './switching/fail-over.js';
import type { SwitchStore } from './switching/ports.js';
import { PromoteByHand } from './switching/promote-by-hand.js';
import { RecordCommandResult } from './switching/record-command-result.js';
import { RequestSwitch } from './switching/request-switch.js';
import { RetryFailover } from './switching/retry-failover.js';
import { StartFailover } from './switching/start-failover.js';
import { StartSwitch } from './switching/start-switch.js';
import { timeoutsOn } from './switching/switch.js';
import { SwitchHistory } from './switching/switch-history.js';
import { SwitchProgress } from './switching/switch-progress.js';
import { TakeOver } from './switching/take-over.js';

export interface UseCasePorts {
  readonly fleet: FleetStore;
  readonly pools: PoolStore;
  readonly switches: SwitchStore;
  readonly traffic: TrafficTargets;
  readonly failpoints: Failpoints;
  readonly reporter: DriveReporter;
  /** Silence of a primary after which its agent counts as offline. */
  readonly offlineAfterMs: number;
}

/** Every use case of the service, put together. */
export interface UseCases {
  readonly register: RegisterAgent;
  readonly manage: ManageAgent;
  readonly heartbeats: RecordHeartbeats;
  readonly silence: DetectSilence;
  readonly listReplicas: ListReplicas;
  readonly requestReplica: RequestReplica;
  readonly adoptReplica: AdoptReplica;
  readonly updateReplica: UpdateReplica;
  readonly terminateReplica: TerminateReplica;
  readonly followAdvice: FollowAdvice;
  readonly keepStandby: KeepStandby;
  readonly endFailed: EndFailedLaunches;
  readonly endUnwanted: EndUnwantedStandbys;
  readonly retire: RetireMachines;
  readonly requestSwitch: RequestSwitch;
  readonly promoteByHand: PromoteByHand;
  readonly failOver: FailOver;
  readonly recordResult: RecordCommandResult;
  readonly adoptSwitch: AdoptReportedSwitch;
  readonly history: SwitchHistory;
  readonly promotion: CommitPromotion;
  readonly drive: DriveSwitches;
}

export function useCasesOf(deps: UseCaseDeps, ports: UseCasePorts): UseCases {
  const { fleet, pools, switches, traffic, failpoints, reporter, offlineAfterMs } = ports;
  const commands = new CommandAgent(deps, fleet);
  const standbys = new Standbys(deps, fleet, commands);
  const progress = new SwitchProgress(deps, switches);
  const promotion = new CommitPromotion(deps, { fleet, pools, commands, progress });
  const start = new StartSwitch(deps, { fleet, switches, commands });
  const startFailover = new StartFailover(deps, { fleet, pools, start });
  const advance = new AdvanceSwitch(
    deps,
    { fleet, switches, commands, standbys, progress, promotion, traffic, failpoints },
    timeoutsOn(deps.clock),
  );
  const retry = new RetryFailover(deps, { fleet, switches, startFailover }, offlineAfterMs);
  const takeOver = new TakeOver(deps, { fleet, switches, start, progress, promotion }, offlineAfterMs);
  return {
    register: new RegisterAgent(deps, fleet),
    manage: new ManageAgent(deps, { fleet, standbys }),
    heartbeats: new RecordHeartbeats(deps, fleet),
    silence: new DetectSilence(deps, fleet, offlineAfterMs),
    listReplicas: new ListReplicas(deps, fleet),
    requestReplica: new RequestReplica(deps, { fleet, pools, standbys }),
    adoptReplica: new AdoptReplica(deps, fleet),
    updateReplica: new UpdateReplica(deps, { fleet, standbys }),
    terminateReplica: new TerminateReplica(deps, { fleet, standbys }),
    followAdvice: new FollowAdvice(deps, { fleet, switches, pools, standbys }),
    keepStandby: new KeepStandby(deps, { fleet, pools, standbys }),
    endFailed: new EndFailedLaunches(deps, { fleet, pools, standbys }),
    endUnwanted: new EndUnwantedStandbys(deps, { fleet, switches, standbys }),
    retire: new RetireMachines(deps, { fleet, commands }),
    requestSwitch: new RequestSwitch(deps, { fleet, switches, pools, start }),
    promoteByHand: new PromoteByHand(deps, { fleet, switches, start }),
    failOver: new FailOver(deps, { fleet, switches, pools, standbys, progress, startFailover }),
    recordResult: new RecordCommandResult(deps, switches),
    adoptSwitch: new AdoptReportedSwitch(deps, { fleet, switches, start, promotion, progress }),
    history: new SwitchHistory(deps, { fleet, switches }),
    promotion,
    drive: new DriveSwitches(deps, { switches, advance, retry, takeOver, reporter }),
  };
}
