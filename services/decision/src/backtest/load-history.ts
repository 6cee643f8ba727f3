import { poolIdOf } from '@spotopt/contracts';
import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { MarkStore } from '../market/ports.js';
import { type Outage, priceFileInTurns, type Scenario } from '../replay/index.js';
import { type PriceHistory, scenarioOfHistory } from './history.js';
import type { Backtest, BacktestStore, StoredHistory } from './ports.js';

export interface LoadHistoryDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly backtests: BacktestStore;
  readonly stored: StoredHistory;
  readonly marks: MarkStore;
}

type Turn = () => Promise<void> | undefined;

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 90;
/**
 * Nobody says when a pool that took a machine back gives one again: half an hour, the time for which it is not tried
 * again.
 */
const OUTAGE_SECONDS = 30 * 60;

/** The history that a backtest asks for, from the owner of prices or from the file that came with it. */
export class LoadHistory {
  constructor(private readonly deps: LoadHistoryDeps) {}

  async execute(backtest: Backtest, takeTurn: Turn): Promise<{ scenario: Scenario; notes: string[] }> {
    const { request, imported } = backtest;
    if (imported) {
      const window = { fromS: secondsOf(request.from), toS: secondsOf(request.to) };
      return scenarioOfHistory(await this.#imported(backtest.backtestId, takeTurn), {
        ...request,
        ...window,
      });
    }
    const to = request.to === null ? this.deps.clock.now() : new Date(request.to);
    const from =
      request.from === null
        ? new Date(to.getTime() - (request.days ?? DEFAULT_DAYS) * DAY_MS)
        : new Date(request.from);
    const history = await this.#stored(backtest, from, to);
    const fromS = Math.floor(from.getTime() / 1000);
    return scenarioOfHistory(history, { ...request, fromS, toS: Math.floor(to.getTime() / 1000) });
  }

  async #imported(backtestId: string, takeTurn: Turn): Promise<PriceHistory> {
    const { uow, backtests, stored } = this.deps;
    const text = await uow.read((tx) => backtests.pricesOf(tx, backtestId));
    const reading = priceFileInTurns(text ?? '', 'the price file');
    let turn = reading.next();
    for (; turn.done !== true; turn = reading.next()) await takeTurn();
    const series = turn.value;
    const facts = await stored.factsOf(series.map(({ az, instanceType }) => poolIdOf(instanceType, az)));
    return { source: 'imported', series, facts, outages: new Map() };
  }

  async #stored({ request }: Backtest, from: Date, to: Date): Promise<PriceHistory> {
    const { uow, stored, marks } = this.deps;
    const history = await stored.read({ ...request, from, to });
    const poolIds = history.series.map(({ az, instanceType }) => poolIdOf(instanceType, az));
    const found = await uow.read((tx) => marks.listMarks(tx, poolIds, from));
    const outages = new Map<string, Outage[]>();
    for (const { poolId, at, kind } of found) {
      // A recommendation takes nothing away.
      if (kind === 'rebalance') continue;
      const ofPool = outages.get(poolId) ?? [];
      outages.set(poolId, ofPool);
      ofPool.push({ fromS: Math.floor(at.getTime() / 1000), seconds: OUTAGE_SECONDS });
    }
    return { ...history, outages };
  }
}

function secondsOf(at: string | null): number | null {
  return at === null ? null : Math.floor(Date.parse(at) / 1000);
}
