/** Where the traffic of a workload enters. */
export type TrafficTarget =
  { readonly kind: 'none' } | { readonly kind: 'elastic-ip'; readonly allocationId: string };

export type TrafficTargetKind = TrafficTarget['kind'];

export abstract class TrafficTargets {
  /**
   * Points the target at the instance. Idempotent: moving it to where it is has no effect.
   * @throws AppError `traffic-target-not-found` or `instance-not-found` (permanent),
   *   `instance-state-conflict` (transient) while the instance is still starting
   */
  abstract move(target: TrafficTarget, ec2InstanceId: string): Promise<void>;

  /** The instance that holds the target now; null when nobody does or the target knows no holder. */
  abstract holder(target: TrafficTarget): Promise<string | null>;
}
