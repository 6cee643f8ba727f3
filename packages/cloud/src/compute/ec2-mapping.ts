import type {
  CreateFleetError,
  Instance,
  InstanceStatus as RawStatus,
  Tag,
  TagSpecification,
} from '@aws-sdk/client-ec2';
import { classifyAwsCode } from '../aws-errors.js';
import type { CloudInstance, InstanceState, InstanceStatus, Market, PoolRefusal } from './instances.js';

const STATES: readonly InstanceState[] = [
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
  'terminated',
];

/** An unknown state is treated as moving, so that nobody acts on it. */
function stateOf(name: string | undefined): InstanceState {
  return STATES.find((state) => state === name) ?? 'pending';
}

function tagsOf(tags: readonly Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

export function toTags(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags from the first moment, so that a crash right after the launch leaves an instance that can be found. */
export function tagSpecifications(tags: Readonly<Record<string, string>>): TagSpecification[] {
  if (Object.keys(tags).length === 0) return [];
  return (['instance', 'volume'] as const).map((ResourceType) => ({ ResourceType, Tags: toTags(tags) }));
}

function originOf(
  raw: Instance,
): Pick<CloudInstance, 'imageId' | 'launchedAt' | 'clientToken' | 'stateReason'> {
  return {
    imageId: raw.ImageId ?? null,
    launchedAt: raw.LaunchTime ?? null,
    clientToken: raw.ClientToken === '' ? null : (raw.ClientToken ?? null),
    stateReason: raw.StateReason?.Code ?? null,
  };
}

function networkOf(
  raw: Instance,
): Pick<CloudInstance, 'vpcId' | 'subnetId' | 'securityGroupIds' | 'privateIp' | 'publicIp'> {
  return {
    vpcId: raw.VpcId ?? null,
    subnetId: raw.SubnetId ?? null,
    securityGroupIds: (raw.SecurityGroups ?? []).flatMap((group) => group.GroupId ?? []),
    privateIp: raw.PrivateIpAddress ?? null,
    publicIp: raw.PublicIpAddress ?? null,
  };
}

export function toCloudInstance(raw: Instance): CloudInstance {
  return {
    ec2InstanceId: raw.InstanceId ?? '',
    instanceType: raw.InstanceType ?? '',
    az: raw.Placement?.AvailabilityZone ?? '',
    state: stateOf(raw.State?.Name),
    market: raw.InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
    tags: tagsOf(raw.Tags),
    keyName: raw.KeyName ?? null,
    iamInstanceProfileArn: raw.IamInstanceProfile?.Arn ?? null,
    ...originOf(raw),
    ...networkOf(raw),
  };
}

export function toInstanceStatus(raw: RawStatus): InstanceStatus {
  const systemStatus = raw.SystemStatus?.Status ?? 'unknown';
  const instanceStatus = raw.InstanceStatus?.Status ?? 'unknown';
  const state = stateOf(raw.InstanceState?.Name);
  return {
    ec2InstanceId: raw.InstanceId ?? '',
    state,
    healthy: state === 'running' && systemStatus === 'ok' && instanceStatus === 'ok',
    systemStatus,
    instanceStatus,
    scheduledEvents: (raw.Events ?? []).map((event) => ({
      eventId: event.InstanceEventId ?? '',
      code: event.Code ?? '',
      notBeforeAt: event.NotBefore ?? null,
    })),
  };
}

export function toPoolRefusal(raw: CreateFleetError, market: Market): PoolRefusal {
  const overrides = raw.LaunchTemplateAndOverrides?.Overrides;
  const awsCode = raw.ErrorCode ?? 'Unknown';
  return {
    instanceType: overrides?.InstanceType ?? null,
    az: overrides?.AvailabilityZone ?? null,
    market,
    code: classifyAwsCode(awsCode).code,
    awsCode,
    message: raw.ErrorMessage ?? '',
  };
}
