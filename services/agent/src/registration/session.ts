import type { InstanceIdentity } from '@spotopt/cloud';
import { AppError } from '@spotopt/kernel';
import type { Role } from '@spotopt/contracts';
import type { Registered, Standing } from '../gateway/gateway.js';

/** Who this installation is, and what the control plane last said of it. */
export class Session {
  #registered: Registered | undefined;
  #standing: Standing = { enabled: false, role: null, epoch: null };
  /** Last epoch whose order was carried out to its end; what heartbeats confirm. */
  #confirmedEpoch = 0;

  constructor(
    readonly identity: InstanceIdentity,
    readonly logicalAgentId: string,
    /** Standby that this instance was launched as; null for any other. */
    readonly replicaId: string | null,
  ) {}

  get registered(): boolean {
    return this.#registered !== undefined;
  }

  get agentKey(): string {
    if (this.#registered === undefined) throw AppError.bug('not-registered', 'the agent has no key yet');
    return this.#registered.agentKey;
  }

  get clientId(): string | null {
    return this.#registered?.clientId ?? null;
  }

  get enabled(): boolean {
    return this.#standing.enabled;
  }

  /** Servers that know no roles call an installation enabled when it is the primary. */
  get role(): Role | null {
    return this.#standing.role ?? (this.#standing.enabled ? 'PRIMARY' : null);
  }

  get standing(): Standing {
    return { ...this.#standing, role: this.role };
  }

  get confirmedEpoch(): number {
    return this.#confirmedEpoch;
  }

  register(registered: Registered): void {
    this.#registered = registered;
    this.update(registered);
  }

  update(standing: Standing): void {
    this.#standing = { enabled: standing.enabled, role: standing.role, epoch: standing.epoch };
  }

  confirmEpoch(epoch: number): void {
    this.#confirmedEpoch = Math.max(this.#confirmedEpoch, epoch);
  }
}
