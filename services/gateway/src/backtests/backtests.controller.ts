import { Readable } from 'node:stream';
import { Param, StreamableFile } from '@nestjs/common';
import {
  BacktestChart,
  type BacktestRequest,
  CancelBacktest,
  GetBacktest,
  ListBacktests,
  StartBacktest,
} from '@spotopt/contracts';
import {
  BacktestChartRoute,
  backtestReportOf,
  type BodyOf,
  CancelBacktestRoute,
  GetBacktestRoute,
  ImportBacktestRoute,
  ListBacktestsRoute,
  type QueryOf,
  type ResponseOf,
  StartBacktestRoute,
} from '@spotopt/contracts/http';
import { AppError } from '@spotopt/kernel';
import { type Caller, notFound, scopeOf } from '../caller.js';
import { invalidRequest } from '../invalid-body.js';
import { ServiceRequests } from '../ports.js';
import { BodyFor, By, QueryFor, Routes, Serves, Uploaded, type UploadedBody } from '../route.js';
import { toBacktestItem, toBacktestRequest } from './backtest-wire.js';
import { readPriceFile } from './read-price-file.js';

const PACKED: Readonly<Record<string, boolean>> = { identity: false, gzip: true, 'x-gzip': true };
/** A file on its way to the owner takes a while. */
const UPLOAD_TIMEOUT_MS = 15_000;

@Routes()
export class BacktestsController {
  constructor(private readonly requests: ServiceRequests) {}

  @Serves(StartBacktestRoute)
  start(
    @By() caller: Caller,
    @BodyFor(StartBacktestRoute) body: BodyOf<typeof StartBacktestRoute>,
  ): Promise<ResponseOf<typeof StartBacktestRoute>> {
    return this.#start(caller, toBacktestRequest(body), null);
  }

  @Serves(ImportBacktestRoute)
  async import(
    @By() caller: Caller,
    @QueryFor(ImportBacktestRoute) query: QueryOf<typeof ImportBacktestRoute>,
    @Uploaded() { body, encoding }: UploadedBody,
  ): Promise<ResponseOf<typeof ImportBacktestRoute>> {
    if (!(body instanceof Readable)) {
      const message = `expected ${ImportBacktestRoute.consumes.join(' or ')}`;
      throw invalidRequest([{ path: ['content-type'], message }]);
    }
    const gzip = PACKED[encoding];
    if (gzip === undefined) throw invalidRequest([{ path: ['content-encoding'], message: 'expected gzip' }]);
    return this.#start(caller, toBacktestRequest(query), await readPriceFile(body, gzip));
  }

  @Serves(ListBacktestsRoute)
  async list(
    @By() caller: Caller,
    @QueryFor(ListBacktestsRoute) { limit }: QueryOf<typeof ListBacktestsRoute>,
  ): Promise<ResponseOf<typeof ListBacktestsRoute>> {
    const found = await this.requests.ask(ListBacktests, { clientId: scopeOf(caller), limit });
    return { backtests: found.backtests.map(toBacktestItem), total: found.total };
  }

  @Serves(GetBacktestRoute)
  async get(
    @By() caller: Caller,
    @Param('backtestId') backtestId: string,
  ): Promise<ResponseOf<typeof GetBacktestRoute>> {
    const { backtest } = await this.requests.ask(GetBacktest, { clientId: scopeOf(caller), backtestId });
    if (backtest === null) throw notFound('backtest');
    const { result } = backtest;
    return { ...toBacktestItem(backtest), result: result === null ? null : backtestReportOf(result) };
  }

  @Serves(BacktestChartRoute)
  async chart(@By() caller: Caller, @Param('backtestId') backtestId: string): Promise<StreamableFile> {
    const clientId = scopeOf(caller);
    const { found, svg } = await this.requests.ask(BacktestChart, { clientId, backtestId });
    if (!found) throw notFound('backtest');
    if (svg === null) {
      throw AppError.permanent('backtest-not-completed', 'there is a chart once the backtest is completed');
    }
    return new StreamableFile(Buffer.from(svg), { type: 'image/svg+xml; charset=utf-8' });
  }

  @Serves(CancelBacktestRoute)
  async cancel(
    @By() caller: Caller,
    @Param('backtestId') backtestId: string,
  ): Promise<ResponseOf<typeof CancelBacktestRoute>> {
    const { backtest } = await this.requests.ask(CancelBacktest, { clientId: scopeOf(caller), backtestId });
    if (backtest === null) throw notFound('backtest');
    return toBacktestItem(backtest);
  }

  async #start(
    caller: Caller,
    request: BacktestRequest,
    prices: string | null,
  ): Promise<ResponseOf<typeof StartBacktestRoute>> {
    const { backtest } = await this.requests.ask(
      StartBacktest,
      { clientId: scopeOf(caller), request, prices },
      { timeoutMs: UPLOAD_TIMEOUT_MS },
    );
    return toBacktestItem(backtest);
  }
}
