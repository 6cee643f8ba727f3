import type {
  CreateFleetInstance,
  EC2Client,
  Filter,
  FleetLaunchTemplateOverridesRequest,
  RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { AppError, hasCode } from '@spotopt/kernel';
import type { Ec2Connection, Ec2Sdk } from '../aws-client.js';
import { toCloudError } from '../aws-errors.js';
import {
  tagSpecifications,
  toCloudInstance,
  toInstanceStatus,
  toPoolRefusal,
  toTags,
} from './ec2-mapping.js';
import { Instances } from './instances.js';
import type {
  CloudInstance,
  InstanceSelector,
  InstanceStatus,
  LaunchAnyOfRequest,
  LaunchAnyOfResult,
  LaunchRequest,
  LaunchSettings,
  LaunchedInstance,
  Termination,
} from './instances.js';

type Call<T> = (sdk: Ec2Sdk, client: EC2Client) => Promise<T>;

/** EC2 accepts at most this many values in one filter. */
const FILTER_VALUES = 200;

function chunks<T>(items: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let start = 0; start < items.length; start += size) result.push(items.slice(start, start + size));
  return result;
}

function filtersOf(selector: InstanceSelector): Filter[][] {
  if ('ids' in selector) {
    // A filter, not `InstanceIds`: one unknown id would fail the whole call.
    return chunks([...new Set(selector.ids)], FILTER_VALUES).map((Values) => [
      { Name: 'instance-id', Values },
    ]);
  }
  if ('clientToken' in selector) return [[{ Name: 'client-token', Values: [selector.clientToken] }]];
  return [Object.entries(selector.tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }))];
}

function profileOf(profile: string): { Arn: string } | { Name: string } {
  return profile.startsWith('arn:') ? { Arn: profile } : { Name: profile };
}

/** The settings as RunInstances and launch templates take them. */
function bootSettings(settings: LaunchSettings) {
  const { securityGroupIds, keyName, iamInstanceProfile, userData } = settings;
  return {
    ImageId: settings.imageId,
    MetadataOptions: {
      HttpEndpoint: 'enabled' as const,
      HttpTokens: 'required' as const,
      // One hop more than the default, so that an agent in a container reaches the metadata too.
      HttpPutResponseHopLimit: 2,
      InstanceMetadataTags: 'enabled' as const,
    },
    ...(securityGroupIds === undefined || securityGroupIds.length === 0
      ? {}
      : { SecurityGroupIds: [...securityGroupIds] }),
    ...(keyName === undefined ? {} : { KeyName: keyName }),
    ...(iamInstanceProfile === undefined ? {} : { IamInstanceProfile: profileOf(iamInstanceProfile) }),
    ...(userData === undefined ? {} : { UserData: Buffer.from(userData).toString('base64') }),
  };
}

function runInstancesInput(request: LaunchRequest): RunInstancesCommandInput {
  const spot = {
    MarketType: 'spot',
    SpotOptions: { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' },
  } as const;
  return {
    ...bootSettings(request),
    MinCount: 1,
    MaxCount: 1,
    ClientToken: request.clientToken,
    InstanceType: request.instanceType as NonNullable<RunInstancesCommandInput['InstanceType']>,
    Placement: { AvailabilityZone: request.az },
    TagSpecifications: tagSpecifications(request.tags),
    ...(request.subnetId === undefined ? {} : { SubnetId: request.subnetId }),
    ...(request.market === 'spot' ? { InstanceMarketOptions: spot } : {}),
  };
}

/** Pools as overrides. At most one subnet per zone is EC2's rule; the caller's order is the priority. */
function overridesOf(request: LaunchAnyOfRequest): FleetLaunchTemplateOverridesRequest[] {
  return request.pools.map((pool, index) => ({
    InstanceType: pool.instanceType as NonNullable<FleetLaunchTemplateOverridesRequest['InstanceType']>,
    Priority: index,
    ...(pool.subnetId === undefined ? { AvailabilityZone: pool.az } : { SubnetId: pool.subnetId }),
    ...(request.imageId === undefined ? {} : { ImageId: request.imageId }),
  }));
}

function onlyZoneOf(request: LaunchAnyOfRequest, instanceType: string | undefined): string | undefined {
  const pools = request.pools.filter((pool) => pool.instanceType === instanceType);
  const zones = [...new Set(pools.map((pool) => pool.az))];
  return zones.length === 1 ? zones[0] : undefined;
}

export class Ec2Instances extends Instances {
  constructor(private readonly connection: Ec2Connection) {
    super();
  }

  override async launch(request: LaunchRequest): Promise<LaunchedInstance> {
    const answer = await this.#call('RunInstances', (sdk, client) =>
      client.send(new sdk.RunInstancesCommand(runInstancesInput(request))),
    );
    const ec2InstanceId = answer.Instances?.[0]?.InstanceId;
    if (ec2InstanceId === undefined) {
      throw AppError.transient('cloud-unavailable', 'RunInstances answered without an instance');
    }
    const { instanceType, az, market } = request;
    return { ec2InstanceId, instanceType, az, market };
  }

  override async launchAnyOf(request: LaunchAnyOfRequest): Promise<LaunchAnyOfResult> {
    if (request.pools.length === 0) return { launched: null, refusals: [] };
    const { market } = request;
    const answer = await this.#call('CreateFleet', (sdk, client) =>
      client.send(
        new sdk.CreateFleetCommand({
          Type: 'instant',
          ClientToken: request.clientToken,
          LaunchTemplateConfigs: [
            {
              LaunchTemplateSpecification: { LaunchTemplateId: request.launchTemplateId, Version: '$Latest' },
              Overrides: overridesOf(request),
            },
          ],
          TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: market },
          ...(market === 'spot'
            ? {
                SpotOptions: {
                  AllocationStrategy: 'price-capacity-optimized',
                  InstanceInterruptionBehavior: 'terminate',
                },
              }
            : { OnDemandOptions: { AllocationStrategy: 'lowest-price' } }),
          TagSpecifications: tagSpecifications(request.tags),
        }),
      ),
    );
    const refusals = (answer.Errors ?? []).map((error) => toPoolRefusal(error, market));
    const group = answer.Instances?.find((candidate) => (candidate.InstanceIds?.length ?? 0) > 0);
    const ec2InstanceId = group?.InstanceIds?.[0];
    if (group === undefined || ec2InstanceId === undefined) return { launched: null, refusals };
    return { launched: await this.#fleetInstance(request, ec2InstanceId, group), refusals };
  }

  override async ensureLaunchTemplate(name: string, settings: LaunchSettings): Promise<string> {
    try {
      const created = await this.#call('CreateLaunchTemplate', (sdk, client) =>
        client.send(
          new sdk.CreateLaunchTemplateCommand({
            LaunchTemplateName: name,
            LaunchTemplateData: {
              ...bootSettings(settings),
              TagSpecifications: tagSpecifications(settings.tags),
            },
          }),
        ),
      );
      if (created.LaunchTemplate?.LaunchTemplateId !== undefined)
        return created.LaunchTemplate.LaunchTemplateId;
    } catch (error) {
      if (!hasCode(error, 'launch-template-exists')) throw error;
    }
    const found = await this.#call('DescribeLaunchTemplates', (sdk, client) =>
      client.send(new sdk.DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [name] })),
    );
    const id = found.LaunchTemplates?.[0]?.LaunchTemplateId;
    if (id === undefined) throw AppError.transient('launch-template-not-found', `launch template ${name}`);
    return id;
  }

  override async describe(selector: InstanceSelector): Promise<readonly CloudInstance[]> {
    const found: CloudInstance[] = [];
    for (const Filters of filtersOf(selector)) {
      let NextToken: string | undefined;
      do {
        const token = NextToken;
        const page = await this.#call('DescribeInstances', (sdk, client) =>
          client.send(
            new sdk.DescribeInstancesCommand({
              Filters,
              ...(token === undefined ? {} : { NextToken: token }),
            }),
          ),
        );
        for (const reservation of page.Reservations ?? []) {
          found.push(...(reservation.Instances ?? []).map((instance) => toCloudInstance(instance)));
        }
        NextToken = page.NextToken === '' ? undefined : page.NextToken;
      } while (NextToken !== undefined);
    }
    return found;
  }

  override async status(ec2InstanceIds: readonly string[]): Promise<readonly InstanceStatus[]> {
    const found: InstanceStatus[] = [];
    for (const ids of chunks([...new Set(ec2InstanceIds)], 100)) {
      found.push(...(await this.#perKnownId(ids, (known) => this.#statusOf(known))));
    }
    return found;
  }

  override async terminate(ec2InstanceIds: readonly string[]): Promise<readonly Termination[]> {
    const ids = [...new Set(ec2InstanceIds)];
    const terminating = await this.#perKnownId(ids, async (known) => {
      await this.#call('TerminateInstances', (sdk, client) =>
        client.send(new sdk.TerminateInstancesCommand({ InstanceIds: [...known] })),
      );
      return known;
    });
    return ids.map((ec2InstanceId) => ({
      ec2InstanceId,
      outcome: terminating.includes(ec2InstanceId) ? 'terminating' : 'already-gone',
    }));
  }

  override async tag(
    ec2InstanceIds: readonly string[],
    tags: Readonly<Record<string, string>>,
  ): Promise<void> {
    if (ec2InstanceIds.length === 0) return;
    await this.#call('CreateTags', (sdk, client) =>
      client.send(new sdk.CreateTagsCommand({ Resources: [...ec2InstanceIds], Tags: toTags(tags) })),
    );
  }

  override async findSubnet(vpcId: string, az: string): Promise<string | null> {
    const answer = await this.#call('DescribeSubnets', (sdk, client) =>
      client.send(
        new sdk.DescribeSubnetsCommand({
          Filters: [
            { Name: 'vpc-id', Values: [vpcId] },
            { Name: 'availability-zone', Values: [az] },
          ],
        }),
      ),
    );
    const roomiest = [...(answer.Subnets ?? [])].sort(
      (a, b) => (b.AvailableIpAddressCount ?? 0) - (a.AvailableIpAddressCount ?? 0),
    )[0];
    return roomiest?.SubnetId ?? null;
  }

  /** With subnets as overrides the answer does not name the zone, so the instance is asked. */
  async #fleetInstance(
    request: LaunchAnyOfRequest,
    ec2InstanceId: string,
    group: CreateFleetInstance,
  ): Promise<LaunchedInstance> {
    const { market } = request;
    const { InstanceType: instanceType } = group;
    const az =
      group.LaunchTemplateAndOverrides?.Overrides?.AvailabilityZone ?? onlyZoneOf(request, instanceType);
    if (az !== undefined && instanceType !== undefined) return { ec2InstanceId, instanceType, az, market };
    const described = (await this.describe({ ids: [ec2InstanceId] }))[0];
    return {
      ec2InstanceId,
      instanceType: described?.instanceType ?? instanceType ?? '',
      az: described?.az ?? '',
      market,
    };
  }

  async #statusOf(ids: readonly string[]): Promise<InstanceStatus[]> {
    const answer = await this.#call('DescribeInstanceStatus', (sdk, client) =>
      client.send(
        new sdk.DescribeInstanceStatusCommand({ InstanceIds: [...ids], IncludeAllInstances: true }),
      ),
    );
    return (answer.InstanceStatuses ?? []).map((status) => toInstanceStatus(status));
  }

  /** One unknown id fails the whole call, so such a call is repeated id by id, leaving out the unknown ones. */
  async #perKnownId<T>(
    ids: readonly string[],
    work: (ids: readonly string[]) => Promise<readonly T[]>,
  ): Promise<T[]> {
    if (ids.length === 0) return [];
    try {
      return [...(await work(ids))];
    } catch (error) {
      if (!hasCode(error, 'instance-not-found')) throw error;
      if (ids.length === 1) return [];
    }
    const found: T[] = [];
    for (const id of ids) found.push(...(await this.#perKnownId([id], work)));
    return found;
  }

  async #call<T>(operation: string, call: Call<T>): Promise<T> {
    try {
      const { sdk, client } = await this.connection.open();
      return await call(sdk, client);
    } catch (error) {
      throw toCloudError(error, operation);
    }
  }
}
