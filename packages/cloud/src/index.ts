export {
  classifyAwsCode,
  isInstanceNotFound,
  isPoolRefusal,
  isQuotaRefusal,
  isThrottled,
  toCloudError,
} from './aws-errors.js';
export type { AwsErrorClass, CloudErrorCode } from './aws-errors.js';
export { Ec2Connection, SqsConnection } from './aws-client.js';
export type { AwsSettings } from './aws-client.js';
export { Ec2Instances } from './compute/ec2-instances.js';
export { exchangeHttp } from './http-exchange.js';
export type { HttpAnswer, HttpRequest } from './http-exchange.js';
export { ImdsMetadata } from './metadata/imds-metadata.js';
export type { ImdsSettings } from './metadata/imds-metadata.js';
export { parseEventBridgeMessage } from './notices/eventbridge.js';
export { SqsNoticeQueue } from './notices/sqs-notice-queue.js';
export { AwsOnDemandPriceList } from './prices/aws-on-demand-price-list.js';
export { Ec2PlacementScores } from './prices/ec2-placement-scores.js';
export { HttpSpotAdvisor, SPOT_ADVISOR_URL } from './prices/http-spot-advisor.js';
export { OnDemandPriceList, priceListRegionOf } from './prices/on-demand-price-list.js';
export { FEWEST_SCORED_TYPES, PlacementScores } from './prices/placement-scores.js';
export type { PlacementQuestion, ZoneScore } from './prices/placement-scores.js';
export { SpotAdvisor } from './prices/spot-advisor.js';
export type { SpotAdvice } from './prices/spot-advisor.js';
export { Ec2SpotMarket } from './prices/ec2-spot-market.js';
export { Ec2TrafficTargets } from './traffic/ec2-traffic-targets.js';
export { Instances } from './compute/instances.js';
export type {
  CloudInstance,
  InstanceSelector,
  InstanceState,
  InstanceStatus,
  LaunchAnyOfRequest,
  LaunchAnyOfResult,
  LaunchPool,
  LaunchRequest,
  LaunchSettings,
  LaunchedInstance,
  Market,
  PoolRefusal,
  Termination,
} from './compute/instances.js';
export { InstanceMetadata } from './metadata/instance-metadata.js';
export type {
  InstanceIdentity,
  ScheduledMaintenance,
  SpotInstanceAction,
} from './metadata/instance-metadata.js';
export { NoticeQueue } from './notices/notice-queue.js';
export type {
  CapacityReservationInterruption,
  IgnoredNotice,
  InterruptionWarning,
  MalformedNotice,
  Notice,
  RebalanceRecommendation,
  ReceiveOptions,
  ReceivedNotice,
  ScheduledChange,
  SpotFulfilled,
  StateChange,
} from './notices/notice-queue.js';
export { LINUX_PRODUCTS, SpotMarket, newestPrices } from './prices/spot-market.js';
export type { Offering, PriceHistoryQuery, SpotPricePoint } from './prices/spot-market.js';
export { TrafficTargets } from './traffic/traffic-targets.js';
export type { TrafficTarget, TrafficTargetKind } from './traffic/traffic-targets.js';
