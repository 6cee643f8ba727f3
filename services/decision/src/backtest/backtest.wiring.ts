import type { RetentionRule } from '@spotopt/persistence';
import type { ServiceContext } from '@spotopt/platform';
import type { EngineRoster } from '../decide/ports.js';
import type { MarkStore } from '../market/ports.js';
import { Backtests } from '../migrations/1764600000000-backtests.js';
import { DEFAULT_ENGINE } from '../replay/index.js';
import type { EngineRef, EngineRunner } from '../runtime/ports.js';
import { BacktestController } from './backtest.controller.js';
import { BacktestJob } from './backtest.job.js';
import { BacktestQueueRow, BacktestRow, SqlBacktestStore } from './backtest.store.js';
import type { KnownEngines } from './engine-choice.js';
import { LoadHistory } from './load-history.js';
import { ManageBacktests } from './manage-backtests.js';
import { RpcStoredHistory } from './pricing-history.client.js';
import { RunQueued } from './run-queued.js';

/** A queue that nobody told of is found after this time. */
const INTERVAL_MS = 30_000;
/** On a fast clock half a minute is a moment. */
const REAL_FLOOR_MS = 1_000;
const KEEP_MS = 90 * 86_400_000;

export const BACKTEST_ENTITIES = [BacktestRow, BacktestQueueRow];
export const BACKTEST_MIGRATIONS = [Backtests];
export const BACKTEST_LISTENERS = [BacktestController];
export const BACKTEST_RETENTION: readonly RetentionRule[] = [
  { table: 'backtest', keys: ['backtest_id'], timeColumn: 'created_at', keepMs: KEEP_MS },
];

export function wireBacktests(
  { clock, ids, database, logger, random, rpc }: ServiceContext<unknown>,
  parts: {
    readonly marks: MarkStore;
    readonly roster: Pick<EngineRoster, 'inCharge' | 'shadows'>;
    /** An uploaded engine in a process of its own. */
    readonly openApart: (ref: EngineRef) => Promise<EngineRunner>;
  },
): object[] {
  const { uow, leases } = database;
  const { marks, roster } = parts;
  const inUse = async (name: string): Promise<EngineRunner | null> => {
    const runners = [...(await roster.inCharge()), ...(await roster.shadows())];
    return runners.find(({ ref }) => ref.name === name || ref.engineId === name) ?? null;
  };
  const engines: KnownEngines = {
    runnerOf: inUse,
    openApart: async (name) => {
      const found = await inUse(name);
      return found === null || found.ref.kind === 'builtin' ? found : parts.openApart(found.ref);
    },
    liveEngine: async () => (await roster.inCharge())[0]?.ref.name ?? DEFAULT_ENGINE,
  };
  const backtests = new SqlBacktestStore();
  const stored = new RpcStoredHistory(rpc);
  const loadHistory = new LoadHistory({ uow, clock, backtests, stored, marks });
  const job = new BacktestJob(
    { intervalMs: clock.noShorterThan(REAL_FLOOR_MS, INTERVAL_MS), clock, leases, random, logger },
    new RunQueued({ uow, clock, backtests, engines, loadHistory }),
  );
  const onQueued = (): void => {
    job.nudge();
  };
  return [job, new ManageBacktests({ uow, clock, ids, backtests, engines, onQueued })];
}
