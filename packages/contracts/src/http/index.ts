export {
  AgentConfigBody,
  AgentItem,
  ChangeSettingsRoute,
  DeleteAgentRoute,
  GetAgentConfigRoute,
  GetAgentRoute,
  GetReplicaConfigRoute,
  HeartbeatRoute,
  ListAgentsRoute,
  ListClientAgentsRoute,
  RegisterAgentRoute,
  ToggleEnabledRoute,
  type SettingsBody,
} from './agents.http.js';
export { backtestReportOf } from './backtest-report.js';
export {
  BacktestChartRoute,
  BacktestItem,
  BacktestReport,
  BacktestTableRow,
  CancelBacktestRoute,
  GetBacktestRoute,
  ImportBacktestRoute,
  ListBacktestsRoute,
  StartBacktestRoute,
} from './backtests.http.js';
export {
  ClientItem,
  CreateClientRoute,
  DeleteClientRoute,
  GetClientRoute,
  ListClientsRoute,
  RegenerateTokenRoute,
  RevealTokenRoute,
  ValidateTokenRoute,
} from './clients.http.js';
export {
  CommandExecutedRoute,
  CommandItem,
  ForceSwitchRoute,
  IssueSwitchRoute,
  MarkCommandExecutedRoute,
  PendingCommandsRoute,
} from './commands.http.js';
export { ReplayEventsRoute, StreamEventsRoute } from './events.http.js';
export {
  ExportGlobalStatsRoute,
  ExportPricesRoute,
  ExportSavingsRoute,
  ExportSwitchHistoryRoute,
} from './exports.http.js';
export { HealthRoute, LiveRoute, MetricsRoute, OpenApiRoute, RootRoute } from './health.http.js';
export {
  EmergencyReplicaRoute,
  EmergencyStatusRoute,
  InterruptionRoute,
  RebalanceRoute,
  SignalBody,
  TerminationImminentRoute,
  TerminationRoute,
} from './interruptions.http.js';
export {
  AllPoolStatisticsRoute,
  ConsolidationJobsRoute,
  OperationalMetricsRoute,
  StartConsolidationRoute,
} from './operations.http.js';
export {
  ActivateModelRoute,
  FallBackModelRoute,
  ModelSessionItem,
  ModelSessionsRoute,
  ShadowModelRoute,
  SystemHealthRoute,
  UploadEngineRoute,
  UploadModelRoute,
} from './models.http.js';
export {
  ActivityRoute,
  AdminInstancesRoute,
  AdminStatsRoute,
  AllSwitchesRoute,
  DecisionsRoute,
  IncidentsRoute,
  MarkAllReadRoute,
  MarkNotificationReadRoute,
  NotificationsRoute,
  SwitchHistoryRoute,
} from './overview.http.js';
export {
  ComparePoolsRoute,
  PoolChartRoute,
  PoolHistoryRoute,
  PoolsRoute,
  PoolStatisticsRoute,
  PriceHistoryRoute,
} from './pools.http.js';
export {
  AvailableOptionsRoute,
  ClientPricingHistoryRoute,
  InstanceMetricsRoute,
  InstancePriceHistoryRoute,
  InstancePricingRoute,
  PoolVolatilityRoute,
  SimulateSwitchRoute,
} from './prices.http.js';
export {
  CreateReplicaRoute,
  DeleteReplicaRoute,
  GetReplicaRoute,
  ListClientReplicasRoute,
  ListReplicasRoute,
  PromoteReplicaRoute,
  PutReplicaRoute,
  ReplicaItem,
  ReplicaStatusRoute,
  ReplicaSyncRoute,
} from './replicas.http.js';
export {
  CleanupReportRoute,
  InstancesToTerminateRoute,
  PricingReportRoute,
  SwitchReportRoute,
  TerminationReportRoute,
  type PricingReportBody,
  type SwitchReportBody,
} from './reports.http.js';
export { PoolRiskRoute, PoolRisksRoute } from './risk.http.js';
export {
  CloseSavingsRoute,
  CostsRoute,
  CreatePricingAlertRoute,
  DeletePricingAlertRoute,
  DowntimeRoute,
  ImportCostReportRoute,
  ListPricingAlertsRoute,
  SavingsRoute,
  StatsChartsRoute,
  type SavingsItem,
} from './savings.http.js';
export {
  ActivateHazardPriorsRoute,
  CreateTrainingSetRoute,
  FitHazardPriorsRoute,
  HazardPriorsRoute,
  RemakeTrainingSetRoute,
  TrainingColumnsRoute,
  TrainingSetFileRoute,
  TrainingSetsRoute,
} from './training.http.js';
export { defineRoute } from './define-route.js';
export type { BodyOf, QueryOf, ResponseOf, RouteAccess, RouteDefinition } from './define-route.js';
export { openApiOf } from './openapi.js';
export { ROUTES } from './routes.js';
export { ErrorBody, normaliseMode, parseInstant } from './wire-primitives.js';
export {
  DecideRoute,
  DecisionRoute,
  ReplayDecisionRoute,
  SwitchRecommendationRoute,
} from './decisions.http.js';
export { DecisionAdviceRoute, EngineComparisonChartRoute, EngineComparisonRoute } from './comparison.http.js';
