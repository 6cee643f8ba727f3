import { readFile } from 'node:fs/promises';
import { BacktestItem, GetBacktestRoute } from '@spotopt/contracts/http';
import type { Server } from '../server.js';
import { EXIT_INTERRUPTED, EXIT_NO_INPUT, EXIT_USAGE, reasonOf, UserError } from '../user-error.js';
import type { BacktestOptions } from './options.js';
import type { BacktestOutcome } from './outcome.js';
import type { Progress } from './progress.js';

const LOOK_EVERY_MS = 400;

/** Starts a backtest on a server, and follows it to its end. When `signal` is aborted it is cancelled there. */
export async function playOnServer(
  options: BacktestOptions,
  server: Server,
  progress: Progress,
  signal: AbortSignal,
): Promise<BacktestOutcome> {
  const { id } = await start(options, server);
  const path = `/api/backtests/${encodeURIComponent(id)}`;
  const report = await follow(path, server, progress, signal);
  return { report, chart: () => server.call(`${path}/chart.svg`) };
}

async function follow(
  path: string,
  server: Server,
  progress: Progress,
  signal: AbortSignal,
): Promise<BacktestOutcome['report']> {
  try {
    for (;;) {
      const backtest = await server.ask(path, GetBacktestRoute.response, { signal });
      if (backtest.result !== null) return backtest.result;
      if (backtest.state === 'failed') {
        throw new UserError(`The backtest failed: ${backtest.message ?? 'no reason was given'}`);
      }
      if (backtest.state === 'cancelled') throw new UserError('Somebody cancelled the backtest.');
      const again = backtest.message === null ? '' : ` (tried again: ${backtest.message})`;
      progress.show(
        backtest.progress,
        (backtest.state === 'queued' ? 'waiting for its turn' : 'played') + again,
      );
      await server.wait(LOOK_EVERY_MS, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    await server.call(path, { method: 'DELETE' });
    throw new UserError('The backtest was cancelled.', EXIT_INTERRUPTED);
  }
}

async function start(options: BacktestOptions, server: Server): Promise<BacktestItem> {
  if (options.prices !== undefined) return upload(options, options.prices, server);
  if (options.instanceType === undefined) {
    throw new UserError(
      'Name the machines with --instance-type, such as --instance-type m5.large',
      EXIT_USAGE,
    );
  }
  const json = { ...choiceOf(options), engines: options.engine, pools: options.pool };
  return server.ask('/api/backtests', BacktestItem, { method: 'POST', json });
}

async function upload(options: BacktestOptions, prices: string, server: Server): Promise<BacktestItem> {
  if (options.instanceType === undefined || options.pool !== undefined) {
    throw new UserError(
      'A file that is sent to a server needs --instance-type, and takes every pool of it: leave --pool out.',
      EXIT_USAGE,
    );
  }
  const content = await readFile(prices).catch((error: unknown) => {
    throw new UserError(`The price file ${prices} cannot be read: ${reasonOf(error)}`, EXIT_NO_INPUT);
  });
  const query = new URLSearchParams({ engines: options.engine.join(',') });
  for (const [name, value] of Object.entries(choiceOf(options))) {
    if (value !== undefined) query.set(name, String(value));
  }
  const file = { body: new Uint8Array(content), gzip: prices.endsWith('.gz') };
  return server.ask(`/api/backtests/import?${query.toString()}`, BacktestItem, { method: 'POST', file });
}

function choiceOf(options: BacktestOptions) {
  return {
    region: options.region,
    instance_type: options.instanceType,
    from: options.from,
    to: options.to,
    days: options.days,
    downtime_usd_per_minute: options.downtimeUsdPerMinute,
    on_demand_usd_per_hour: options.onDemandUsdPerHour,
    step_seconds: options.stepSeconds,
  };
}
