import { parsePoolId, PoolCatalogue, PriceChanges, type RpcResponse } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import type { RpcClient } from '@spotopt/messaging';
import type { PriceSeries } from '../replay/index.js';
import type { PoolFacts, PriceHistory } from './history.js';
import { StoredHistory } from './ports.js';

/** Of one request; what is known of 90 days of a large market takes a few. */
const MAX_PAGES = 200;
const TIMEOUT_MS = 10_000;
const CATALOGUE_PAGE = 500;

type Changes = RpcResponse<typeof PriceChanges>['changes'];

/** Asks the pricing service over the bus. */
export class RpcStoredHistory extends StoredHistory {
  constructor(private readonly rpc: RpcClient) {
    super();
  }

  override async read(choice: Parameters<StoredHistory['read']>[0]): Promise<PriceHistory> {
    const { region, instanceType, poolIds, from, to } = choice;
    const window = { from: from.toISOString(), to: to.toISOString() };
    const changes: Changes = [];
    if (poolIds === null) {
      changes.push(...(await this.#changes({ region, instanceType, poolId: null, ...window })));
    } else {
      for (const poolId of poolIds) {
        changes.push(...(await this.#changes({ region: null, instanceType: null, poolId, ...window })));
      }
    }
    const series = seriesOf(changes);
    const facts = await this.factsOf([...new Set(changes.map(({ poolId }) => poolId))]);
    return { source: 'stored', series, facts, outages: new Map() };
  }

  override async factsOf(poolIds: readonly string[]): Promise<ReadonlyMap<string, PoolFacts>> {
    const facts = new Map<string, PoolFacts>();
    for (let start = 0; start < poolIds.length; start += CATALOGUE_PAGE) {
      const request = {
        region: null,
        instanceType: null,
        poolIds: poolIds.slice(start, start + CATALOGUE_PAGE),
      };
      const { pools } = await this.rpc.call(PoolCatalogue, request, { timeoutMs: TIMEOUT_MS });
      for (const { poolId, onDemandUsdPerHour, advisor } of pools) {
        facts.set(poolId, { onDemandUsdPerHour, advisorBucket: advisor?.bucket ?? null });
      }
    }
    return facts;
  }

  /** @throws AppError `history-too-long` */
  async #changes(request: {
    readonly region: string | null;
    readonly instanceType: string | null;
    readonly poolId: string | null;
    readonly from: string;
    readonly to: string;
  }): Promise<Changes> {
    const changes: Changes = [];
    let cursor: string | null = null;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer: RpcResponse<typeof PriceChanges> = await this.rpc.call(
        PriceChanges,
        { ...request, cursor },
        { timeoutMs: TIMEOUT_MS },
      );
      changes.push(...answer.changes);
      if (answer.nextCursor === null) return changes;
      cursor = answer.nextCursor;
    }
    throw AppError.permanent(
      'history-too-long',
      'this window holds more price changes than a backtest reads: choose a shorter one, or fewer pools',
    );
  }
}

/** They come pool by pool, oldest first. */
function seriesOf(changes: Changes): PriceSeries[] {
  return [...Map.groupBy(changes, ({ poolId }) => poolId)].map(([poolId, ofPool]) => ({
    ...parsePoolId(poolId),
    changes: ofPool.map(({ at, usdPerHour }) => ({ atS: Math.floor(Date.parse(at) / 1000), usdPerHour })),
  }));
}
