import type { Tx } from '@spotopt/kernel';
import type { ChangeOfPrimary, Workload } from './workload.js';

export { changesAtMs, isUnderWay } from './workload.js';
export type { ChangeOfPrimary, Placement, Workload } from './workload.js';

export abstract class WorkloadStore {
  /** Holds the workload against other writers until the transaction ends, where there are several. */
  abstract findForChange(tx: Tx, agentId: string): Promise<Workload | null>;

  /**
   * Writes what was made from `known`; `known` null adds the workload.
   * @throws AppError `version-conflict` (transient) when somebody else wrote it since `known` was read
   */
  abstract save(tx: Tx, known: Workload | null, next: Workload): Promise<void>;

  /** Workloads whose next decision is due, the longest overdue first. */
  abstract listDue(tx: Tx, now: Date, limit: number): Promise<Workload[]>;

  /** Keeps a change of primary; an end that is known is never undone by a late start. */
  abstract saveChange(tx: Tx, change: ChangeOfPrimary): Promise<void>;

  /** Changes that started or ended since then. */
  abstract listChanges(tx: Tx, agentId: string, since: Date): Promise<ChangeOfPrimary[]>;
}
