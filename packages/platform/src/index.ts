export { awsAccessOf, awsSettings } from './aws-settings.js';
export type { AwsAccess } from './aws-settings.js';
export { configProblems, loadConfig, loadConfigs } from './config.js';
export type { ConfigProblem, Environment } from './config.js';
export {
  correlationOfRequest,
  CorrelationInterceptor,
  currentCorrelationId,
  withCorrelation,
} from './correlation.js';
export { describeSettings } from './describe-settings.js';
export type { SettingDescription } from './describe-settings.js';
export { KillingFailpoints, failpointsFrom } from './failpoints.js';
export {
  busIndicator,
  checkHealth,
  databaseIndicator,
  eventLoopIndicator,
  outboxIndicator,
} from './health.js';
export type { HealthIndicator, HealthReport, HealthResult } from './health.js';
export { LOG_LEVELS, Logger, NestLogger, createLogger, silentLogger } from './logging.js';
export type { LogFields, LogLevel, LoggerSettings } from './logging.js';
export { Metrics } from './metrics.js';
export type {
  CounterMetric,
  GaugeMetric,
  GaugeSettings,
  HistogramMetric,
  HistogramSettings,
  Labels,
  MetricSettings,
} from './metrics.js';
export { clockFrom, platformConfig } from './platform-config.js';
export type { PlatformConfig } from './platform-config.js';
export { hideUrlCredentials, redactValue } from './redact.js';
export type { ServiceContext, ServiceDefinition } from './service-definition.js';
export { envNameOf, setting, settingMeta } from './settings.js';
export type { SettingMeta } from './settings.js';
export { EXIT_CONFIG, EXIT_FAILURE, EXIT_UNAVAILABLE, explainStartFailure } from './start-failure.js';
export type { StartFailure } from './start-failure.js';
export { startHealthServer } from './health-server.js';
export type { HealthServer, HealthServerSettings } from './health-server.js';
export { runServiceMain } from './run-service-main.js';
export { startService } from './start-service.js';
export type { HttpAddress, RunningService, ServiceParts } from './start-service.js';
