import type { Mode } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';

export interface PlacedMachine {
  readonly ec2InstanceId: string;
  readonly poolId: string;
  readonly mode: Mode;
}

/** A sign that AWS takes a machine back. */
export interface RecordedNotice {
  readonly incidentId: string;
  readonly kind: 'rebalance' | 'termination';
  readonly ec2InstanceId: string;
  readonly detectedAt: Date;
}

export interface RecordedBoot {
  readonly replicaId: string;
  readonly poolId: string;
  /** From the launch until the standby could be promoted. */
  readonly readyAfterMs: number;
  readonly readyAt: Date;
}

/**
 * What happened in pools. Every record has a key of its own and is kept once; which pool a notice belongs to is
 * looked up when it is counted, so that events may come in any order.
 */
export abstract class PoolHistoryStore {
  abstract addMachine(tx: Tx, machine: PlacedMachine): Promise<void>;

  /** One of a kind per incident. */
  abstract addNotice(tx: Tx, notice: RecordedNotice): Promise<void>;

  abstract addEnd(tx: Tx, end: RecordedEnd): Promise<void>;

  abstract addBoot(tx: Tx, boot: RecordedBoot): Promise<void>;
}

/** A machine that is gone. */
export interface RecordedEnd {
  readonly ec2InstanceId: string;
  readonly endedAt: Date;
  readonly reason: string;
}

/** How long machines of ours ran that are not known to be on-demand: what interruptions are related to. */
export abstract class InstanceHours {
  /** Hours per pool within [from, to), of all such machines together; pools in which none ran are left out. */
  abstract perPool(tx: Tx, poolIds: readonly string[], from: Date, to: Date): Promise<Map<string, number>>;
}
