import type { Inbox, UnitOfWork } from '@spotopt/kernel';
import type { ChangeOfPrimary, WorkloadStore } from './ports.js';
import { follow, type WorkloadNews } from './workload.js';

export interface FollowWorkloadDeps {
  readonly uow: UnitOfWork;
  readonly inbox: Inbox;
  readonly workloads: WorkloadStore;
  /** Called when a decision may have become due. */
  readonly onDue: () => void;
}

export interface WorkloadMessage {
  readonly messageId: string;
  readonly agentId: string;
  readonly news: readonly WorkloadNews[];
  readonly change?: ChangeOfPrimary | undefined;
}

const MAKES_DUE: ReadonlySet<WorkloadNews['kind']> = new Set(['registered', 'settings']);

/** Keeps the picture of a workload up to date from the fleet's events, in whatever order they come. */
export class FollowWorkload {
  constructor(private readonly deps: FollowWorkloadDeps) {}

  async execute(message: WorkloadMessage): Promise<void> {
    const { workloads, inbox, uow } = this.deps;
    await uow.run(async (tx) => {
      if (!(await inbox.claim(tx, 'decision.follow-workload', message.messageId))) return;
      if (message.change !== undefined) await workloads.saveChange(tx, message.change);
      const known = await workloads.findForChange(tx, message.agentId);
      const next = message.news.reduce(follow, known);
      if (next !== null && next !== known) await workloads.save(tx, known, next);
    });
    if (message.news.some((news) => MAKES_DUE.has(news.kind))) this.deps.onDue();
  }
}
