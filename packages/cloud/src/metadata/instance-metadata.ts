export interface InstanceIdentity {
  readonly ec2InstanceId: string;
  readonly instanceType: string;
  readonly region: string;
  readonly az: string;
  readonly imageId: string;
  readonly accountId: string | null;
  readonly market: 'spot' | 'on-demand' | 'unknown';
  readonly privateIp: string | null;
  readonly publicIp: string | null;
  readonly hostname: string | null;
}

export interface SpotInstanceAction {
  readonly action: 'terminate' | 'stop' | 'hibernate';
  /** When AWS acts. Stays in the past when EC2 failed to act. */
  readonly at: Date;
}

export interface ScheduledMaintenance {
  readonly eventId: string;
  readonly code: string;
  readonly state: string;
  readonly notBeforeAt: Date | null;
}

/**
 * What an instance can learn about itself. Absent means AWS answered 404;
 * @throws AppError `metadata-unavailable` (transient) for everything else: it never means "no notice"
 */
export abstract class InstanceMetadata {
  abstract identity(): Promise<InstanceIdentity>;
  abstract spotInstanceAction(): Promise<SpotInstanceAction | null>;
  abstract rebalanceRecommendation(): Promise<{ readonly noticedAt: Date } | null>;
  abstract scheduledMaintenance(): Promise<readonly ScheduledMaintenance[]>;
  /** Value of one tag of this instance; null without the tag, or when tags in metadata are not allowed. */
  abstract tag(key: string): Promise<string | null>;
  /** What this instance was given at its launch; null when it was given nothing. */
  abstract userData(): Promise<Uint8Array | null>;
}
