import { setImmediate as eventsHandled } from 'node:timers/promises';
import { DEFAULT_ENGINE, policyOf, replayInTurns, type Scenario } from '@spotopt/decision/replay';
import type { BenchContext } from '../bench.js';
import { readScenarios } from '../replay/scenario-files.js';
import { playInSample } from './play.js';

/** Pairs of a scenario that are solved. */
const MAX_PAIRS = 36;

/**
 * How far knowing the age statistics of a recorded trace would go: the best policy for them, counted on the trace
 * that it then plays, beside the default engine, which knows nothing beforehand.
 */
export async function measureAgeBound(context: BenchContext): Promise<void> {
  const engineScores: number[] = [];
  const reached: number[] = [];
  for await (const scenario of readScenarios(context.dataDir)) {
    if (scenario.kind !== 'trace') continue;
    const reference = (await replayInTurns(scenario, policyOf(DEFAULT_ENGINE, scenario))).score;
    const value = await bestInSample(scenario, context);
    context.report({ name: `age-bound.${scenario.id}`, value, unit: 'score', reference });
    engineScores.push(reference);
    reached.push(Math.min(value, reference));
  }
  if (reached.length === 0) return;
  const [value, reference] = [mean(reached), mean(engineScores)];
  context.report({ name: 'age-bound.better-of-both', value, unit: 'score', reference });
}

async function bestInSample(scenario: Scenario, { signal, tell }: BenchContext): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (const pair of pairsOf(scenario)) {
    await eventsHandled();
    signal.throwIfAborted();
    const { score } = playInSample(pair);
    if (score >= best) continue;
    best = score;
    tell(`${scenario.id}: ${score.toFixed(4)} with ${pair.pools.map(({ id }) => id).join(' and ')}`);
  }
  return best;
}

/** Those with the most time in which a pool is up; a pool alone where there is no other. */
function pairsOf(scenario: Scenario): Scenario[] {
  const indices = [...scenario.pools.keys()];
  const pairs = indices.flatMap((one) => indices.slice(one + 1).map((other) => [one, other]));
  return (pairs.length === 0 ? [indices] : pairs)
    .map((pools) => ofPools(scenario, pools))
    .sort((a, b) => stepsUp(b) - stepsUp(a))
    .slice(0, MAX_PAIRS);
}

function ofPools(scenario: Scenario, indices: readonly number[]): Scenario {
  const pick = <T>(all: readonly T[]): T[] => all.filter((_, index) => indices.includes(index));
  const { pools, prices, available } = scenario;
  return { ...scenario, pools: pick(pools), prices: pick(prices), available: pick(available) };
}

function stepsUp({ available, steps }: Scenario): number {
  let up = 0;
  for (let step = 0; step < steps; step += 1) up += Number(available.some((ofPool) => ofPool[step] === 1));
  return up;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
