import { CanonicalPrices, type CanonicalRow } from '@spotopt/contracts';
import type { RpcClient } from '@spotopt/messaging';
import { CanonicalPriceReader } from './ports.js';

const TIMEOUT_MS = 15_000;
/** So few that reading them does not keep decisions waiting. */
const PAGE = 1_000;

/** Asks the pricing service over the bus, one page at a time. */
export class RpcCanonicalPrices extends CanonicalPriceReader {
  constructor(private readonly rpc: RpcClient) {
    super();
  }

  override async *pages(
    poolId: string,
    { from, until }: { readonly from: Date; readonly until: Date },
    signal?: AbortSignal,
  ): AsyncGenerator<readonly CanonicalRow[]> {
    const request = { poolIds: [poolId], from: from.toISOString(), to: until.toISOString() };
    for (let cursor: string | null = null; ;) {
      signal?.throwIfAborted();
      const page: { rows: CanonicalRow[]; nextCursor: string | null } = await this.rpc.call(
        CanonicalPrices,
        { ...request, cursor, limit: PAGE },
        { timeoutMs: TIMEOUT_MS },
      );
      yield page.rows;
      if (page.nextCursor === null) return;
      cursor = page.nextCursor;
    }
  }
}
