import type {
  BacktestChart,
  BacktestRequest,
  BacktestView,
  CancelBacktest,
  GetBacktest,
  ListBacktests,
  RpcRequest,
  RpcResponse,
  StartBacktest,
} from '@spotopt/contracts';
import { AppError, type Clock, type Ids, isAppError, type UnitOfWork } from '@spotopt/kernel';
import { backtestChartSvg } from './backtest-chart.js';
import { entriesOf, type KnownEngines } from './engine-choice.js';
import type { Backtest, BacktestStore } from './ports.js';

export interface ManageBacktestsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly backtests: BacktestStore;
  readonly engines: KnownEngines;
  /** Told that there is something to run. */
  readonly onQueued: () => void;
}

/** They run one after the other: one tenant must not make the others wait for a day. */
const MAX_OPEN = 5;

export class ManageBacktests {
  constructor(private readonly deps: ManageBacktestsDeps) {}

  /** @throws AppError `invalid-request` that names the field, or `too-many-backtests` */
  async start({
    clientId,
    request,
    prices,
  }: RpcRequest<typeof StartBacktest>): Promise<RpcResponse<typeof StartBacktest>> {
    const { uow, clock, ids, backtests, engines, onQueued } = this.deps;
    await assertValid(request, engines);
    const backtest: Backtest = {
      backtestId: ids.next(),
      clientId,
      state: 'queued',
      progress: 0,
      attempts: 0,
      request,
      imported: prices !== null,
      createdAt: clock.now(),
      startedAt: null,
      finishedAt: null,
      error: null,
    };
    await uow.run(async (tx) => {
      if ((await backtests.countOpen(tx, clientId)) >= MAX_OPEN) {
        throw AppError.permanent(
          'too-many-backtests',
          `${String(MAX_OPEN)} backtests are waiting or running already: cancel one, or wait for its end`,
        );
      }
      await backtests.add(tx, backtest, prices);
    });
    onQueued();
    return { backtest: toView(backtest) };
  }

  async get({
    clientId,
    backtestId,
  }: RpcRequest<typeof GetBacktest>): Promise<RpcResponse<typeof GetBacktest>> {
    const { uow, backtests } = this.deps;
    return uow.read(async (tx) => {
      const backtest = await backtests.find(tx, clientId, backtestId);
      if (backtest === null) return { backtest: null };
      const result = backtest.state === 'completed' ? await backtests.resultOf(tx, backtestId) : null;
      return { backtest: { ...toView(backtest), result } };
    });
  }

  async list({
    clientId,
    limit,
  }: RpcRequest<typeof ListBacktests>): Promise<RpcResponse<typeof ListBacktests>> {
    const { uow, backtests } = this.deps;
    const found = await uow.read((tx) => backtests.list(tx, clientId, limit));
    return { backtests: found.backtests.map(toView), total: found.total };
  }

  /** Whoever runs it notices within a second or so. */
  async cancel({
    clientId,
    backtestId,
  }: RpcRequest<typeof CancelBacktest>): Promise<RpcResponse<typeof CancelBacktest>> {
    const { uow, clock, backtests } = this.deps;
    return uow.run(async (tx) => {
      const found = await backtests.find(tx, clientId, backtestId);
      if (found === null) return { backtest: null };
      const change = { state: 'cancelled', finishedAt: clock.now() } as const;
      for (const state of ['queued', 'running'] as const) {
        await backtests.change(tx, { backtestId, state }, change);
      }
      const now = await backtests.find(tx, clientId, backtestId);
      return { backtest: now === null ? null : toView(now) };
    });
  }

  async chart(request: RpcRequest<typeof BacktestChart>): Promise<RpcResponse<typeof BacktestChart>> {
    const { backtest } = await this.get(request);
    if (backtest === null) return { found: false, svg: null };
    return { found: true, svg: backtest.result === null ? null : backtestChartSvg(backtest.result) };
  }
}

async function assertValid(request: BacktestRequest, engines: KnownEngines): Promise<void> {
  const { from, to } = request;
  if (from !== null && to !== null && from >= to) throw invalid('from', 'must be before to');
  try {
    await entriesOf(request.engines, engines);
  } catch (error) {
    if (!isAppError(error) || error.code !== 'unknown-engine') throw error;
    throw invalid('engines', error.message);
  }
}

function invalid(field: string, message: string): AppError {
  const errors = [{ field, message }];
  return AppError.permanent('invalid-request', `${field}: ${message}`, { details: { errors } });
}

function toView({ attempts: _attempts, ...backtest }: Backtest): BacktestView {
  return {
    ...backtest,
    createdAt: backtest.createdAt.toISOString(),
    startedAt: backtest.startedAt?.toISOString() ?? null,
    finishedAt: backtest.finishedAt?.toISOString() ?? null,
  };
}
