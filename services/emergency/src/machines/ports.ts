import type { Mode } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';

/** What this service knows of a machine from the fleet's events. */
export interface Machine {
  readonly ec2InstanceId: string;
  readonly agentId: string;
  readonly clientId: string;
  readonly role: 'PRIMARY' | 'REPLICA' | 'ZOMBIE' | 'TERMINATED';
  /** Null for a machine that was never a standby. */
  readonly replicaId: string | null;
  readonly ready: boolean;
  readonly poolId: string;
  readonly mode: Mode;
  readonly firstSeenAt: Date;
  /** Time of the newest event that was applied; older ones change nothing. */
  readonly changedAt: Date;
}

export abstract class MachineStore {
  abstract find(tx: Tx, ec2InstanceId: string): Promise<Machine | null>;
  abstract listByAgent(tx: Tx, agentId: string): Promise<Machine[]>;
  /** Inserts or replaces, unless a newer state is stored. */
  abstract save(tx: Tx, machine: Machine): Promise<void>;
}
