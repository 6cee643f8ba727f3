import type { Role } from '@spotopt/contracts';

export type WireMode = 'spot' | 'ondemand' | 'unknown';

export interface Registration {
  readonly hostname: string | null;
  readonly ec2InstanceId: string;
  readonly instanceType: string;
  readonly region: string;
  readonly az: string;
  readonly amiId: string;
  readonly agentVersion: string;
  readonly logicalAgentId: string;
  readonly mode: WireMode;
  readonly privateIp: string | null;
  readonly publicIp: string | null;
  readonly commandTypes: readonly string[];
  readonly epoch: number;
}

/** What the control plane says of this installation. Older servers say neither role nor epoch. */
export interface Standing {
  readonly enabled: boolean;
  readonly role: Role | null;
  readonly epoch: number | null;
}

export interface Registered extends Standing {
  readonly agentKey: string;
  readonly clientId: string | null;
}

export interface Heartbeat {
  readonly status: 'online' | 'disabled' | 'offline';
  readonly ec2InstanceId: string | null;
  readonly instanceType: string | null;
  readonly mode: WireMode | null;
  readonly az: string | null;
  readonly epoch: number;
  readonly serving: boolean;
}

export interface PriceReport {
  readonly ec2InstanceId: string;
  readonly instanceType: string;
  readonly region: string;
  readonly az: string;
  readonly mode: WireMode;
  readonly pools: readonly { readonly az: string; readonly usdPerHour: number }[];
  readonly collectedAt: Date;
}

export interface CommandReport {
  readonly success: boolean;
  readonly message: string;
  readonly result: Readonly<Record<string, unknown>>;
}

export interface SwitchedInstance {
  readonly ec2InstanceId: string;
  readonly instanceType: string;
  readonly region: string;
  readonly az: string;
  readonly amiId: string | null;
  readonly mode: WireMode;
}

export interface SwitchReport {
  readonly commandId: string;
  readonly old: SwitchedInstance;
  readonly new: SwitchedInstance;
  readonly trigger: 'manual' | 'model';
  readonly initiatedAt: Date;
  readonly launchedAt: Date;
  readonly readyAt: Date;
  readonly trafficSwitchedAt: Date;
}

export interface ReplicaStatusReport {
  readonly status: 'syncing' | 'ready' | 'failed';
  readonly syncStartedAt?: Date;
  readonly syncCompletedAt?: Date;
  readonly errorMessage?: string;
}

export interface TerminationTask {
  readonly ec2InstanceId: string;
  readonly reason: string;
}

export interface TerminationReport {
  readonly ec2InstanceId: string;
  readonly success: boolean;
  readonly error: string | null;
  readonly terminatedAt: Date | null;
}

export interface InterruptionReport {
  readonly signal: 'termination-notice' | 'rebalance-recommendation';
  readonly ec2InstanceId: string;
  readonly detectedAt: Date;
  /** When AWS acts, or when it recommended. */
  readonly noticeAt: Date;
}

/**
 * The control plane as an agent sees it. Nothing is retried inside: the loops do.
 * @throws AppError `gateway-unavailable` (transient) no answer or a 5xx, `gateway-unauthorized` (permanent)
 *   401 or 403, `gateway-not-found` (permanent) 404, `gateway-refused` (permanent) any other 4xx,
 *   `gateway-unreadable` (permanent) a 2xx whose body is not what was agreed
 */
export abstract class Gateway {
  abstract register(registration: Registration): Promise<Registered>;
  abstract heartbeat(agentKey: string, beat: Heartbeat): Promise<{ readonly hasPendingCommands: boolean }>;
  abstract config(agentKey: string): Promise<Standing>;
  /** Commands as they came; `parseCommandItem` reads them. */
  abstract pendingCommands(agentKey: string): Promise<readonly unknown[]>;
  abstract reportCommand(agentKey: string, commandId: string, report: CommandReport): Promise<void>;
  abstract reportPrices(agentKey: string, report: PriceReport): Promise<void>;
  abstract reportSwitch(agentKey: string, report: SwitchReport): Promise<void>;
  abstract instancesToTerminate(agentKey: string): Promise<readonly TerminationTask[]>;
  abstract reportTermination(agentKey: string, report: TerminationReport): Promise<void>;
  abstract reportInterruption(agentKey: string, report: InterruptionReport): Promise<void>;
  abstract assignReplica(agentKey: string, replicaId: string, ec2InstanceId: string): Promise<void>;
  abstract reportReplicaStatus(
    agentKey: string,
    replicaId: string,
    report: ReplicaStatusReport,
  ): Promise<void>;
  /** @param progressPercent 0 to 100 */
  abstract reportReplicaSync(agentKey: string, replicaId: string, progressPercent: number): Promise<void>;
}
