export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated';
export type Market = 'spot' | 'on-demand';
/** Why an instance ended; decides its state reason and the status of its spot request. */
export type EndCause = 'user' | 'no-capacity' | 'by-price' | 'by-experiment' | 'crash';

export interface LaunchSpec {
  readonly instanceType: string;
  readonly zone: string;
  readonly market: Market;
  readonly imageId: string;
  /** Base64, as it came over the wire. */
  readonly userData?: string;
  readonly keyName?: string;
  readonly iamInstanceProfile?: string;
  readonly securityGroupIds: readonly string[];
  readonly tags: ReadonlyMap<string, string>;
  readonly maxPriceUsd?: number;
  readonly clientToken: string;
}

export interface Interruption {
  readonly action: 'terminate';
  readonly cause: EndCause;
  readonly noticedAtMs: number;
  readonly deadlineAtMs: number;
}

export interface MaintenanceEvent {
  readonly eventId: string;
  readonly code: string;
  readonly description: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface Instance extends Omit<LaunchSpec, 'tags'> {
  readonly id: string;
  readonly poolId: string;
  readonly reservationId: string;
  readonly spotRequestId: string | undefined;
  readonly privateIp: string;
  readonly launchedAtMs: number;
  readonly runningAtMs: number;
  readonly statusOkAtMs: number;
  readonly tags: Map<string, string>;
  readonly maintenance: MaintenanceEvent[];
  publicIp: string | undefined;
  rebalanceNoticedAtMs: number | undefined;
  interruption: Interruption | undefined;
  shuttingDownAtMs: number | undefined;
  terminatedAtMs: number | undefined;
  endCause: EndCause | undefined;
}

export function stateAt(instance: Instance, nowMs: number): InstanceState {
  if (instance.terminatedAtMs !== undefined && instance.terminatedAtMs <= nowMs) return 'terminated';
  if (instance.shuttingDownAtMs !== undefined && instance.shuttingDownAtMs <= nowMs) return 'shutting-down';
  return instance.runningAtMs <= nowMs ? 'running' : 'pending';
}

/** The numbers that the EC2 interface gives with each state. */
export const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
};

/** The logical workload that an instance serves; an untagged one stands for itself. */
export function workloadOf(instance: Instance): string {
  return instance.tags.get('spotopt:logical-agent-id') ?? instance.id;
}
