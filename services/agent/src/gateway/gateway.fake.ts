import { AppError } from '@spotopt/kernel';
import { Gateway } from './gateway.js';
import type {
  CommandReport,
  Heartbeat,
  InterruptionReport,
  PriceReport,
  Registered,
  Registration,
  ReplicaStatusReport,
  Standing,
  SwitchReport,
  TerminationReport,
  TerminationTask,
} from './gateway.js';

/** A control plane in memory that remembers what it was told and fails when told to. */
export class FakeGateway extends Gateway {
  readonly registrations: Registration[] = [];
  readonly heartbeats: Heartbeat[] = [];
  readonly prices: PriceReport[] = [];
  readonly outcomes = new Map<string, CommandReport[]>();
  readonly switches: SwitchReport[] = [];
  readonly terminations: TerminationReport[] = [];
  readonly interruptions: InterruptionReport[] = [];
  readonly assigned = new Map<string, string>();
  readonly replicaStatuses: ReplicaStatusReport[] = [];
  readonly syncs: number[] = [];
  commands: unknown[] = [];
  leftovers: TerminationTask[] = [];
  standing: Standing = { enabled: true, role: 'PRIMARY', epoch: 1 };
  agentKey = 'key-1';
  /** Thrown by the next calls of this method, one after the other. */
  readonly #failures = new Map<keyof Gateway, AppError[]>();

  failNext(method: keyof Gateway, ...errors: AppError[]): void {
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), ...errors]);
  }

  override async register(registration: Registration): Promise<Registered> {
    await this.#mayFail('register');
    this.registrations.push(registration);
    return { agentKey: this.agentKey, clientId: 'client-1', ...this.standing };
  }

  override async heartbeat(_agentKey: string, beat: Heartbeat): Promise<{ hasPendingCommands: boolean }> {
    await this.#mayFail('heartbeat');
    this.heartbeats.push(beat);
    return { hasPendingCommands: false };
  }

  override async config(): Promise<Standing> {
    await this.#mayFail('config');
    return this.standing;
  }

  override async pendingCommands(): Promise<readonly unknown[]> {
    await this.#mayFail('pendingCommands');
    return this.commands;
  }

  override async reportCommand(_agentKey: string, commandId: string, report: CommandReport): Promise<void> {
    await this.#mayFail('reportCommand');
    this.outcomes.set(commandId, [...(this.outcomes.get(commandId) ?? []), report]);
  }

  override async reportPrices(_agentKey: string, report: PriceReport): Promise<void> {
    await this.#mayFail('reportPrices');
    this.prices.push(report);
  }

  override async reportSwitch(_agentKey: string, report: SwitchReport): Promise<void> {
    await this.#mayFail('reportSwitch');
    this.switches.push(report);
  }

  override async instancesToTerminate(): Promise<readonly TerminationTask[]> {
    await this.#mayFail('instancesToTerminate');
    return this.leftovers;
  }

  override async reportTermination(_agentKey: string, report: TerminationReport): Promise<void> {
    await this.#mayFail('reportTermination');
    this.terminations.push(report);
  }

  override async reportInterruption(_agentKey: string, report: InterruptionReport): Promise<void> {
    await this.#mayFail('reportInterruption');
    this.interruptions.push(report);
  }

  override async assignReplica(_agentKey: string, replicaId: string, ec2InstanceId: string): Promise<void> {
    await this.#mayFail('assignReplica');
    this.assigned.set(replicaId, ec2InstanceId);
  }

  override async reportReplicaStatus(
    _agentKey: string,
    _replicaId: string,
    report: ReplicaStatusReport,
  ): Promise<void> {
    await this.#mayFail('reportReplicaStatus');
    this.replicaStatuses.push(report);
  }

  override async reportReplicaSync(_agentKey: string, _replicaId: string, percent: number): Promise<void> {
    await this.#mayFail('reportReplicaSync');
    this.syncs.push(percent);
  }

  async #mayFail(method: keyof Gateway): Promise<void> {
    await Promise.resolve();
    const failure = this.#failures.get(method)?.shift();
    if (failure !== undefined) throw failure;
  }
}

export function unavailable(): AppError {
  return AppError.transient('gateway-unavailable', 'no answer');
}

export function notFound(): AppError {
  return AppError.permanent('gateway-not-found', 'unknown agent');
}
