import { z } from 'zod';

/** ULID or an AWS id; opaque to every reader. */
export const Id = z.string().min(1).max(64);

/** EC2 instance id, for example `i-0abc1234def567890`. */
export const Ec2InstanceId = z
  .string()
  .regex(/^i-[0-9a-zA-Z]{4,40}$/, 'an EC2 instance id such as i-0abc1234def567890');

/**
 * `<instance type>.<availability zone>`, for example `t3.medium.us-east-1a`. Deployed agents take the
 * text after the last dot as the zone (rule T6).
 */
export const PoolId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]*\.[a-z0-9-]+$/, 'a pool id such as t3.medium.us-east-1a');

/** UTC, ISO 8601 with milliseconds and `Z`. */
export const Instant = z.iso.datetime({ precision: 3 });

export const UsdPerHour = z.number().positive().max(1000);

export const Mode = z.enum(['spot', 'ondemand', 'unknown']);
export type Mode = z.infer<typeof Mode>;

/** Role of an instance, decided by the control plane and never by what a body claims. */
export const Role = z.enum(['PRIMARY', 'REPLICA', 'ZOMBIE', 'TERMINATED']);
export type Role = z.infer<typeof Role>;

/** `manual` = the standby that manual mode keeps, the others are made by a signal or a planned switch. */
export const ReplicaType = z.enum(['manual', 'automatic-rebalance', 'automatic-termination', 'switch']);
export type ReplicaType = z.infer<typeof ReplicaType>;

/** Who or what asked for a change of primary. */
export const Trigger = z.enum(['manual', 'model', 'emergency', 'replica_promotion', 'scheduled']);
export type Trigger = z.infer<typeof Trigger>;

export const ServiceName = z.enum(['gateway', 'pricing', 'replica', 'emergency', 'decision', 'agent']);
export type ServiceName = z.infer<typeof ServiceName>;

/** The pieces of a pool id. */
export function parsePoolId(poolId: string): { instanceType: string; az: string } {
  const dot = poolId.lastIndexOf('.');
  return { instanceType: poolId.slice(0, dot), az: poolId.slice(dot + 1) };
}

export function poolIdOf(instanceType: string, az: string): string {
  return `${instanceType}.${az}`;
}

/** `us-east-1a` → `us-east-1`. */
export function regionOf(az: string): string {
  return az.replace(/[a-z]$/, '');
}
