import type { Tx } from '@spotopt/kernel';
import type { Standby, StandbyNews } from './standby.js';
import type { ChangeOfPrimary, Workload, WorkloadNews } from './workload.js';

export { changesAtMs, isUnderWay } from './workload.js';
export type { ChangeOfPrimary, Placement, Workload, WorkloadNews } from './workload.js';
export type { Standby, StandbyNews } from './standby.js';

export interface DuePage {
  readonly now: Date;
  readonly limit: number;
  readonly after?: Pick<Workload, 'nextDecisionAt' | 'agentId'> | undefined;
}

export abstract class WorkloadStore {
  abstract find(tx: Tx, agentId: string): Promise<Workload | null>;

  /** Holds the workload against other writers until the transaction ends, where there are several. */
  abstract findForChange(tx: Tx, agentId: string): Promise<Workload | null>;

  /**
   * Writes what was made from `known`; `known` null adds the workload.
   * @throws AppError `version-conflict` (transient) when somebody else wrote it since `known` was read
   */
  abstract save(tx: Tx, known: Workload | null, next: Workload): Promise<void>;

  /** Workloads whose next decision is due, the longest overdue first; those behind `after`, where it is given. */
  abstract listDue(tx: Tx, due: DuePage): Promise<Workload[]>;

  /** Keeps news of a workload that is not known yet. */
  abstract keepEarly(
    tx: Tx,
    agentId: string,
    messageId: string,
    news: readonly [WorkloadNews, ...WorkloadNews[]],
  ): Promise<void>;

  /** What was kept, which is then gone. */
  abstract takeEarly(tx: Tx, agentId: string): Promise<WorkloadNews[]>;

  /** Keeps a change of primary; an end that is known is never undone by a late start. */
  abstract saveChange(tx: Tx, change: ChangeOfPrimary): Promise<void>;

  /** What came of a decision; null when nothing was started. */
  abstract findChangeFor(tx: Tx, decisionId: string): Promise<ChangeOfPrimary | null>;

  /** When the workload last came to where it is; null when no change of primary is known. */
  abstract lastChangedAt(tx: Tx, agentId: string): Promise<Date | null>;

  /** Changes that started or ended since then. */
  abstract listChanges(tx: Tx, agentId: string, since: Date): Promise<ChangeOfPrimary[]>;
}

export abstract class StandbyStore {
  /** Keeps what the news say of one standby; news in any order, told any number of times, give the same. */
  abstract tell(tx: Tx, news: StandbyNews): Promise<void>;
  /** Those that were asked for and are not gone, oldest first. */
  abstract listLiving(tx: Tx, agentId: string): Promise<Standby[]>;
}
