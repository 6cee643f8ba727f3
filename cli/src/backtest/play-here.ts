import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { setImmediate as drawn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { poolIdOf, regionOf } from '@spotopt/contracts';
import { backtestReportOf } from '@spotopt/contracts/http';
import {
  backtestChartSvg,
  entriesOf,
  type PoolFacts,
  runBacktest,
  scenarioOfHistory,
} from '@spotopt/decision/backtest';
import { hasCode } from '@spotopt/kernel';
import { COMPILED_ENGINES, type PriceSeries, readPriceFile, REPLAYABLE } from '@spotopt/decision/replay';
import { listedOnDemandPrice, ON_DEMAND_PRICES_AS_OF } from '@spotopt/simulator';
import { EXIT_INTERRUPTED, EXIT_NO_INPUT, EXIT_USAGE, reasonOf, UserError } from '../user-error.js';
import type { BacktestOptions } from './options.js';
import type { BacktestOutcome } from './outcome.js';
import type { Progress } from './progress.js';

const SLICE_MS = 50;

/** Plays a price file in this process: no server, no network. */
export async function playHere(
  options: BacktestOptions,
  file: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<BacktestOutcome> {
  assertKnown(options.engine);
  const series = readPriceFile(await textOf(file), file);
  const instanceType = options.instanceType ?? onlyTypeOf(series, file);
  const { facts, notes } = listedFacts(series, options);
  const history = { source: 'imported' as const, series, facts, outages: new Map() };
  const prepared = prepare(history, {
    instanceType,
    region: options.region ?? null,
    poolIds: options.pool ?? null,
    onDemandUsdPerHour: options.onDemandUsdPerHour ?? null,
    fromS: secondsOf(options.from),
    toS: secondsOf(options.to),
    days: options.days ?? null,
    stepSeconds: options.stepSeconds,
  });
  const [first = ''] = options.engine;
  const result = await runBacktest(
    prepared.scenario,
    await entriesOf(options.engine, { runnerOf: () => null, liveEngine: () => first }),
    {
      source: 'imported',
      downtimeUsdPerMinute: options.downtimeUsdPerMinute ?? null,
      notes: [...prepared.notes, ...notes, `${first} stands for the live engine, as the first one named`],
    },
    pacedBy(progress, signal),
  );
  return { report: backtestReportOf(result), chart: () => Promise.resolve(backtestChartSvg(result)) };
}

function prepare(
  ...[history, choice]: Parameters<typeof scenarioOfHistory>
): ReturnType<typeof scenarioOfHistory> {
  try {
    return scenarioOfHistory(history, choice);
  } catch (error) {
    if (!hasCode(error, 'on-demand-price-unknown')) throw error;
    throw new UserError(`${reasonOf(error)}\nFor example: --on-demand-usd-per-hour 0.096`, EXIT_USAGE);
  }
}

function pacedBy(progress: Progress, signal: AbortSignal): Parameters<typeof runBacktest>[3] {
  let share = 0;
  let sliceFromMs = performance.now();
  const draw = async (): Promise<void> => {
    progress.show(share, 'played');
    await drawn();
    if (signal.aborted) throw new UserError('The backtest was cancelled.', EXIT_INTERRUPTED);
    sliceFromMs = performance.now();
  };
  return {
    onProgress: (now) => {
      share = now;
    },
    takeTurn: () => (performance.now() - sliceFromMs < SLICE_MS ? undefined : draw()),
  };
}

function assertKnown(engines: readonly string[]): void {
  const unknown = engines.filter((engine) => !REPLAYABLE.includes(engine));
  if (unknown.length === 0) return;
  const policies = REPLAYABLE.filter((name) => !COMPILED_ENGINES.includes(name));
  throw new UserError(
    `There is no engine ${unknown.join(', ')}.\nEngines: ${COMPILED_ENGINES.join(', ')}\n` +
      `Plain policies to compare them with: ${policies.join(', ')}\n` +
      'An uploaded engine is played by its server: leave --prices out, or name the server with --url.',
    EXIT_USAGE,
  );
}

async function textOf(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    return (file.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes).toString('utf8');
  } catch (error) {
    throw new UserError(`The price file ${file} cannot be read: ${reasonOf(error)}`, EXIT_NO_INPUT);
  }
}

function onlyTypeOf(series: readonly PriceSeries[], file: string): string {
  const types = [...new Set(series.map(({ instanceType }) => instanceType))].sort();
  const [only] = types;
  if (only !== undefined && types.length === 1) return only;
  throw new UserError(
    `${file} has prices of ${types.join(', ')}: choose one with --instance-type`,
    EXIT_USAGE,
  );
}

/** On-demand prices of a list that comes along, where it has them. */
function listedFacts(
  series: readonly PriceSeries[],
  { onDemandUsdPerHour, instanceType }: BacktestOptions,
): { facts: Map<string, PoolFacts>; notes: string[] } {
  const facts = new Map<string, PoolFacts>();
  for (const { az, instanceType: type } of series) {
    const listed = listedOnDemandPrice(regionOf(az), type)?.usdPerHour ?? null;
    facts.set(poolIdOf(type, az), { onDemandUsdPerHour: listed, advisorBucket: null });
  }
  const isGiven = onDemandUsdPerHour !== undefined;
  const isListed = series.some(
    ({ az, instanceType: type }) =>
      (instanceType ?? type) === type && facts.get(poolIdOf(type, az))?.onDemandUsdPerHour != null,
  );
  const note = `on-demand prices are those of a list of ${ON_DEMAND_PRICES_AS_OF}`;
  return { facts, notes: isGiven || !isListed ? [] : [note] };
}

function secondsOf(at: string | undefined): number | null {
  return at === undefined ? null : Math.floor(Date.parse(at) / 1000);
}
