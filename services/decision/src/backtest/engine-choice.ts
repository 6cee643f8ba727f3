import { learner } from '../engine/ports.js';
import type { EngineRunner } from '../runtime/ports.js';
import { EnginePolicy, policyOf, REPLAYABLE, unknownEngine } from '../replay/index.js';
import type { BacktestEntry } from './run-backtest.js';

/** Which engines there are besides those that are compiled in, and which one is live. */
export interface KnownEngines {
  /** Null for a name that nobody uploaded. */
  readonly runnerOf: (name: string) => EngineRunner | null | Promise<EngineRunner | null>;
  /** The same in a process of its own, to be closed: what fails in a replay must not count against who decides. */
  readonly openApart?: (name: string) => Promise<EngineRunner | null>;
  readonly liveEngine: () => string | Promise<string>;
}

/** How long an uploaded engine may take for one step of the past. */
const STEP_TIMEOUT_MS = 1_000;

/**
 * The live engine first, then its challengers, each once.
 * @throws AppError `unknown-engine` that lists those there are
 */
export async function entriesOf(names: readonly string[], engines: KnownEngines): Promise<BacktestEntry[]> {
  const live = await engines.liveEngine();
  const entries: BacktestEntry[] = [];
  // One after the other: when one is refused, none is still being opened that nobody would close.
  for (const engine of new Set([live, ...names])) {
    const policy = await policySourceOf(engine, engines);
    entries.push({ engine, role: engine === live ? 'live' : 'challenger', policy });
  }
  return entries;
}

async function policySourceOf(name: string, { runnerOf }: KnownEngines): Promise<BacktestEntry['policy']> {
  if (REPLAYABLE.includes(name)) return (market, rules) => policyOf(name, market, rules);
  const runner = await runnerOf(name);
  if (runner === null)
    throw unknownEngine(name, [...REPLAYABLE, 'and those that are live, fallback or in shadow']);
  return (market, rules) =>
    new EnginePolicy(
      { name, learner, propose: (observation) => runner.propose(observation, STEP_TIMEOUT_MS) },
      market,
      rules,
    );
}
