import { PriceChanges, parsePoolId } from '@spotopt/contracts';
import type { RpcResponse } from '@spotopt/contracts';
import type { ExportPricesRoute, QueryOf } from '@spotopt/contracts/http';
import type { Clock } from '@spotopt/kernel';
import type { ServiceRequests } from '../ports.js';
import { windowOf } from '../prices/chart-grid.js';
import { csvLines } from './csv.js';

type Query = QueryOf<typeof ExportPricesRoute>;
type Change = RpcResponse<typeof PriceChanges>['changes'][number];

export interface ExportPricesParts {
  readonly requests: ServiceRequests;
  readonly clock: Clock;
}

const DEFAULT_HOURS = 24;
const PRICE_DECIMALS = 6;
const PRODUCT = 'Linux/UNIX';
const CSV_HEADER = ['timestamp', 'instance_type', 'az', 'spot_price', 'source', 'confidence'];

/** Price changes page by page: a year of a region never is in memory at once. */
export class ExportPrices {
  constructor(private readonly parts: ExportPricesParts) {}

  /** Pieces of the file. @throws AppError `invalid-request` (permanent) for a window that is none */
  file(query: Query): AsyncGenerator<string> {
    const { fromMs, toMs } = windowOf(query, {
      nowMs: this.parts.clock.nowMs(),
      defaultHours: DEFAULT_HOURS,
    });
    const pages = this.#pages(query, {
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
    });
    return query.format === 'csv' ? asCsv(pages) : asAwsJson(pages);
  }

  async *#pages(query: Query, window: { from: string; to: string }): AsyncGenerator<readonly Change[]> {
    const { region = null, instance_type: instanceType = null, pool_id: poolId = null } = query;
    for (let cursor: string | null = null; ;) {
      const request = { region, instanceType, poolId, ...window, cursor };
      const page: RpcResponse<typeof PriceChanges> = await this.parts.requests.ask(PriceChanges, request);
      yield page.changes;
      if (page.nextCursor === null) return;
      cursor = page.nextCursor;
    }
  }
}

async function* asCsv(pages: AsyncIterable<readonly Change[]>): AsyncGenerator<string> {
  let header = csvLines([CSV_HEADER]);
  for await (const changes of pages) {
    const rows = changes.map(({ poolId, at, usdPerHour, source, confidence }) => {
      const { instanceType, az } = parsePoolId(poolId);
      return [at, instanceType, az, usdPerHour.toFixed(PRICE_DECIMALS), source, confidence];
    });
    yield header + csvLines(rows);
    header = '';
  }
}

/** The form has no place for a mark, so that what was only computed must not be in it. */
async function* asAwsJson(pages: AsyncIterable<readonly Change[]>): AsyncGenerator<string> {
  let opening = '{"SpotPriceHistory":[';
  let separator = '';
  for await (const changes of pages) {
    const rows = changes.filter(({ source }) => source !== 'interpolated').map(toAwsRow);
    yield opening + (rows.length === 0 ? '' : separator + rows.join(','));
    opening = '';
    if (rows.length > 0) separator = ',';
  }
  yield ']}\n';
}

function toAwsRow({ poolId, at, usdPerHour }: Change): string {
  const { instanceType, az } = parsePoolId(poolId);
  return JSON.stringify({
    AvailabilityZone: az,
    InstanceType: instanceType,
    ProductDescription: PRODUCT,
    SpotPrice: usdPerHour.toFixed(PRICE_DECIMALS),
    Timestamp: at.replace(/\.\d{3}Z$/, '+00:00'),
  });
}
