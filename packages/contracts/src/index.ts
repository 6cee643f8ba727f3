export {
  Ec2InstanceId,
  Id,
  Instant,
  Mode,
  PoolId,
  ReplicaType,
  Role,
  ServiceName,
  Trigger,
  UsdPerHour,
  parsePoolId,
  poolIdOf,
  regionOf,
} from './primitives.js';
export {
  CLOUDEVENTS_CONTENT_TYPE,
  Envelope,
  createEvent,
  defineEvent,
  defineRpc,
  sealEvent,
} from './define.js';
export type {
  Delivery,
  EventData,
  EventDefinition,
  EventOf,
  NewEvent,
  RpcDefinition,
  RpcRequest,
  RpcResponse,
  Severity,
} from './define.js';
export { AgentCommand, CommandPriority, LEGACY_COMMAND_TYPES } from './agent-commands.js';
export type { AgentCommandType } from './agent-commands.js';
export { Candidate, DecisionMadeV1, StandbyProposedV1, SwitchProposedV1 } from './events/decision.events.js';
export {
  InterruptionDetectedV1,
  InterruptionExpiredV1,
  InterruptionHandlingV1,
  InterruptionLostV1,
  InterruptionSurvivedV1,
} from './events/emergency.events.js';
export {
  AgentDeletedV1,
  AgentOfflineV1,
  AgentOnlineV1,
  AgentRegisteredV1,
  AgentSettings,
  AgentSettingsChangedV1,
  CommandRequestedV1,
  InstanceRoleChangedV1,
  InstanceTerminatedV1,
  ReplicaFailedV1,
  ReplicaLaunchedV1,
  ReplicaPromotedV1,
  ReplicaReadyV1,
  ReplicaRequestedV1,
  SwitchFailedV1,
  SwitchFinishedV1,
  SwitchStartedV1,
  SwitchStep,
  SwitchStepFinishedV1,
  touchesWorkload,
} from './events/fleet.events.js';
export {
  ClientCreatedV1,
  ClientDeletedV1,
  ClientTokenRegeneratedV1,
  CommandCompletedV1,
  CommandExpiredV1,
  CommandQueuedV1,
} from './events/gateway.events.js';
export { PoolRiskChangedV1, PoolRiskParts, RiskCause, RiskLabel } from './events/pool.events.js';
export { EngineIdentity, ModelActivatedV1, ModelRolledBackV1 } from './events/model.events.js';
export {
  BucketConsolidatedV1,
  ConsolidationFinishedV1,
  ConsolidationJobType,
  FillMethod,
  OnDemandSource,
  PriceAlertFiredV1,
  PriceSource,
  PricesReadV1,
  SeriesSource,
  SourcesDisagreeV1,
  SpotPriceChangedV1,
} from './events/pricing.events.js';
export { DayClosedV1, LedgerFigures } from './events/savings.events.js';
export {
  HeartbeatsV1,
  InterruptionReportedV1,
  InterruptionSignal,
  InterruptionSource,
  PricingReportedV1,
  SwitchReportedV1,
} from './events/telemetry.events.js';
export { CompareEngines, ListAdvice } from './rpc/advice.rpc.js';
export type { AdviceView, EngineComparison, EngineVerdict } from './rpc/advice.rpc.js';
export { Advise, GetDecision, ListDecisions, ReplayDecision } from './rpc/decision.rpc.js';
export type { CandidateView, DecisionView, EngineAttemptView } from './rpc/decision.rpc.js';
export {
  BacktestChart,
  BacktestEngineName,
  BacktestFigures,
  BacktestRequest,
  BacktestResult,
  BacktestRow,
  BacktestState,
  BacktestView,
  CancelBacktest,
  GetBacktest,
  ListBacktests,
  MAX_IMPORTED_CHARACTERS,
  StartBacktest,
} from './rpc/backtest.rpc.js';
export { IncidentView, ListIncidents, ReportInterruption } from './rpc/emergency.rpc.js';
export {
  AdoptReplica,
  AgentView,
  ChangeAgentSettings,
  DeleteAgent,
  FindInstance,
  FleetSummary,
  GetAgentConfig,
  InstancesToTerminate,
  ListAgents,
  ListReplicas,
  PromoteReplica,
  RegisterAgent,
  ReplicaStatus,
  ReplicaView,
  ReportTermination,
  RequestReplica,
  ResolveAgent,
  ResolvedAgent,
  SetTrafficTarget,
  TerminateReplica,
  TrafficTarget,
  UpdateReplica,
} from './rpc/fleet.rpc.js';
export {
  AbandonModelUpload,
  ActivateModel,
  AddModelUploadPart,
  BeginModelUpload,
  FallBackModel,
  FinishModelUpload,
  ListModelSessions,
  MAX_MODEL_BYTES,
  MAX_MODEL_FILES,
  MODEL_PART_BYTES,
  ModelFile,
  ModelSessionState,
  ModelSessionView,
  ModelStatus,
  SetModelShadow,
} from './rpc/models.rpc.js';
export {
  CanonicalPrices,
  CanonicalRow,
  ConsolidationJobs,
  ConsolidationJobView,
  CreatePriceAlert,
  CurrentPrices,
  DeletePriceAlert,
  ListPriceAlerts,
  PoolCatalogue,
  PoolFacts,
  PriceAlertView,
  PriceChanges,
  PriceHistory,
  PricePoint,
  PriceStatistics,
  PricingSummary,
  RawPrices,
  StartReconcile,
} from './rpc/pricing.rpc.js';
export {
  ActivateHazardPriors,
  FitHazardPriors,
  FittedMarket,
  FittedPriors,
  HazardPriorFit,
  ListHazardPriors,
  SpellModel,
} from './rpc/hazard-priors.rpc.js';
export { PastRisk, PoolRisk, PoolRiskView } from './rpc/risk.rpc.js';
export {
  CloseDay,
  ImportCosts,
  InstanceCosts,
  LedgerDay,
  LedgerLine,
  MAX_SAVINGS_DAYS,
  SavingsPeriod,
  SavingsReport,
  SavingsTotals,
} from './rpc/savings.rpc.js';
export { ListSwitches, RequestSwitch, SwitchView } from './rpc/switching.rpc.js';
export {
  CreateTrainingSet,
  ListTrainingSets,
  RemakeTrainingSet,
  TrainingColumn,
  TrainingColumns,
  TrainingFormat,
  TrainingSetPiece,
  TrainingSetView,
} from './rpc/training.rpc.js';
export { EVENTS, RPCS, findEvent } from './catalogue.js';
