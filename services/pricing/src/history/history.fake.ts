import { type HistoryChange, type HistoryQuery, PriceHistory } from './ports.js';

/** AWS's price history from a list: newest first, in pages, with the last change before the start. */
export class ListedPriceHistory extends PriceHistory {
  readonly queries: HistoryQuery[] = [];
  /** Called before each page; may throw. */
  beforePage: (page: number) => void = () => undefined;

  constructor(
    private readonly list: readonly HistoryChange[],
    private readonly pageSize = 3,
  ) {
    super();
  }

  override async *changes(query: HistoryQuery): AsyncIterable<readonly HistoryChange[]> {
    this.queries.push(query);
    const rows = answerOf(this.list, query);
    for (let start = 0, page = 1; start < rows.length || page === 1; start += this.pageSize, page += 1) {
      await Promise.resolve();
      this.beforePage(page);
      yield rows.slice(start, start + this.pageSize);
    }
  }
}

/** What AWS answers: every change within the time asked for and, of each pool, the last one before it. */
export function answerOf(
  list: readonly HistoryChange[],
  { instanceTypes, from, until }: HistoryQuery,
): HistoryChange[] {
  const wanted = list
    .filter(({ poolId, changedAt }) => {
      const type = poolId.slice(0, poolId.lastIndexOf('.'));
      return instanceTypes.includes(type) && changedAt <= until;
    })
    .sort((a, b) => b.changedAt.getTime() - a.changedAt.getTime());
  const before = new Set<string>();
  return wanted.filter(({ poolId, changedAt }) => {
    if (changedAt >= from) return true;
    if (before.has(poolId)) return false;
    before.add(poolId);
    return true;
  });
}
