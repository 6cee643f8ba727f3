import type { CompareEngines as CompareEnginesRpc, RpcRequest, RpcResponse } from '@spotopt/contracts';
import type { UnitOfWork } from '@spotopt/kernel';
import type { Advice } from './advice.js';
import { Comparison } from './comparison.js';
import type { AdvicePosition, AdviceStore, ComparisonFilter } from './ports.js';

/** Decisions of one read; between two, other work gets its turn. */
const PAGE = 250;
/** More would keep the caller waiting; the newest ones say most about the engines of today. */
const MOST_DECISIONS = 50_000;

/** Champion and challengers over a stretch of time. */
export class CompareEngines {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly advice: AdviceStore,
    private readonly settings: { readonly mostDecisions: number } = { mostDecisions: MOST_DECISIONS },
  ) {}

  async execute({
    from,
    to,
    ...scope
  }: RpcRequest<typeof CompareEnginesRpc>): Promise<RpcResponse<typeof CompareEnginesRpc>> {
    const filter = { ...scope, from: new Date(from), to: new Date(to) };
    const champion = await this.uow.read((tx) => this.advice.lastInCharge(tx, filter));
    if (champion === null) return { champion, engines: [], decisions: 0, truncated: false };
    const comparison = new Comparison(champion);
    let decisions = 0;
    let after: AdvicePosition | null = null;
    let isMore = true;
    while (isMore && decisions < this.settings.mostDecisions) {
      const limit = Math.min(PAGE, this.settings.mostDecisions - decisions);
      const page = await this.#page(filter, after, limit);
      const groups = [...Map.groupBy(page, ({ decisionId }) => decisionId).values()];
      for (const group of groups) comparison.add(group);
      decisions += groups.length;
      isMore = groups.length === limit;
      after = page.at(-1) ?? after;
    }
    return { champion, engines: await comparison.table(), decisions, truncated: isMore };
  }

  #page(filter: ComparisonFilter, after: AdvicePosition | null, limit: number): Promise<Advice[]> {
    return this.uow.read((tx) => this.advice.page(tx, filter, after, limit));
  }
}
