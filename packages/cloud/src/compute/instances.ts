export type Market = 'spot' | 'on-demand';

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

export interface CloudInstance {
  readonly ec2InstanceId: string;
  readonly instanceType: string;
  readonly az: string;
  readonly state: InstanceState;
  readonly market: Market;
  readonly imageId: string | null;
  readonly launchedAt: Date | null;
  readonly tags: Readonly<Record<string, string>>;
  /** Token of the launch that made it; how a launch of unknown outcome is found again. */
  readonly clientToken: string | null;
  readonly vpcId: string | null;
  readonly subnetId: string | null;
  readonly securityGroupIds: readonly string[];
  readonly keyName: string | null;
  readonly iamInstanceProfileArn: string | null;
  readonly privateIp: string | null;
  readonly publicIp: string | null;
  /** AWS's code for the last change of state, for example `Server.SpotInstanceTermination`. */
  readonly stateReason: string | null;
}

export interface InstanceStatus {
  readonly ec2InstanceId: string;
  readonly state: InstanceState;
  /** Running, and both status checks passed. */
  readonly healthy: boolean;
  readonly systemStatus: string;
  readonly instanceStatus: string;
  readonly scheduledEvents: readonly {
    readonly eventId: string;
    readonly code: string;
    readonly notBeforeAt: Date | null;
  }[];
}

/** What the new machine boots; the same for every pool that is tried. */
export interface LaunchSettings {
  readonly imageId: string;
  readonly tags: Readonly<Record<string, string>>;
  /** As the machine shall see it; encoded by the adapter. */
  readonly userData?: string | Uint8Array | undefined;
  readonly securityGroupIds?: readonly string[] | undefined;
  readonly keyName?: string | undefined;
  /** Name or ARN. */
  readonly iamInstanceProfile?: string | undefined;
}

export interface LaunchRequest extends LaunchSettings {
  /**
   * At most 64 ASCII characters. The same token in the same zone never launches twice; the same token in
   * another zone does, so a caller that changes the zone first asks `describe({ clientToken })`.
   */
  readonly clientToken: string;
  readonly instanceType: string;
  readonly az: string;
  readonly market: Market;
  readonly subnetId?: string | undefined;
}

export interface LaunchPool {
  readonly instanceType: string;
  readonly az: string;
  readonly subnetId?: string | undefined;
}

export interface LaunchAnyOfRequest {
  readonly clientToken: string;
  readonly pools: readonly LaunchPool[];
  readonly market: Market;
  readonly launchTemplateId: string;
  /** Replaces the image of the template. */
  readonly imageId?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export interface LaunchedInstance {
  readonly ec2InstanceId: string;
  readonly instanceType: string;
  readonly az: string;
  readonly market: Market;
}

export interface PoolRefusal {
  readonly instanceType: string | null;
  readonly az: string | null;
  readonly market: Market;
  /** Code of `classifyAwsCode`, for example `capacity-insufficient`. */
  readonly code: string;
  readonly awsCode: string;
  readonly message: string;
}

export interface LaunchAnyOfResult {
  /** Null when every pool refused; `refusals` then says why. */
  readonly launched: LaunchedInstance | null;
  /** Pools that refused, also when another one accepted. */
  readonly refusals: readonly PoolRefusal[];
}

export type InstanceSelector =
  | { readonly ids: readonly string[] }
  | { readonly tags: Readonly<Record<string, string>> }
  | { readonly clientToken: string };

export interface Termination {
  readonly ec2InstanceId: string;
  readonly outcome: 'terminating' | 'already-gone';
}

/** The virtual machines of one region. Every method may throw the codes of `aws-errors.ts`. */
export abstract class Instances {
  /**
   * Starts one machine. Repeating it with the same token gives the same machine. An error that is not
   * `permanent` means "unknown": look for the token before trying another zone.
   */
  abstract launch(request: LaunchRequest): Promise<LaunchedInstance>;

  /**
   * Tries all pools in one call and starts at most one machine. "Nobody had room" is an answer, not an
   * error; the caller's next call, with another token, may ask for on-demand.
   */
  abstract launchAnyOf(request: LaunchAnyOfRequest): Promise<LaunchAnyOfResult>;

  /** Id of the template of this name, created with these settings when there is none yet. */
  abstract ensureLaunchTemplate(name: string, settings: LaunchSettings): Promise<string>;

  /**
   * Instances that match, in no order. One that EC2 does not know (any more, or not yet: reads lag behind
   * launches) is absent. Terminated ones stay visible for about an hour.
   */
  abstract describe(selector: InstanceSelector): Promise<readonly CloudInstance[]>;

  /** Status checks and scheduled events; an unknown id is absent from the answer. */
  abstract status(ec2InstanceIds: readonly string[]): Promise<readonly InstanceStatus[]>;

  /** Idempotent; an id that EC2 does not know counts as gone. */
  abstract terminate(ec2InstanceIds: readonly string[]): Promise<readonly Termination[]>;

  /** Adds or replaces tags. @throws AppError `instance-not-found` */
  abstract tag(ec2InstanceIds: readonly string[], tags: Readonly<Record<string, string>>): Promise<void>;

  /** A subnet of the network in that zone, or null when it has none there. */
  abstract findSubnet(vpcId: string, az: string): Promise<string | null>;
}
