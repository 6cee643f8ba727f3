import type { Inbox, Tx, UnitOfWork } from '@spotopt/kernel';
import type { ChangeOfPrimary, Workload, WorkloadStore } from './ports.js';
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
      if (next === null) await this.#keepForLater(tx, message);
      else await this.#save(tx, known, next);
    });
    await this.#followEarly(message.agentId);
    if (message.news.some((news) => MAKES_DUE.has(news.kind))) this.deps.onDue();
  }

  /** The registration that it follows has not come, or somebody else is about to save it. */
  async #keepForLater(tx: Tx, { agentId, messageId, news }: WorkloadMessage): Promise<void> {
    const [first, ...rest] = news;
    if (first !== undefined) await this.deps.workloads.keepEarly(tx, agentId, messageId, [first, ...rest]);
  }

  /** In a transaction of its own, which sees what was saved meanwhile: of two at once the later one finds both. */
  async #followEarly(agentId: string): Promise<void> {
    const { uow, workloads } = this.deps;
    await uow.run(async (tx) => {
      const known = await workloads.findForChange(tx, agentId);
      if (known === null) return;
      const next = (await workloads.takeEarly(tx, agentId)).reduce<Workload | null>(follow, known);
      if (next !== null) await this.#save(tx, known, next);
    });
  }

  async #save(tx: Tx, known: Workload | null, next: Workload): Promise<void> {
    if (next !== known) await this.deps.workloads.save(tx, known, next);
  }
}
