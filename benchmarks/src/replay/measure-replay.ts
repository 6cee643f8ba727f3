import { setImmediate as eventsHandled } from 'node:timers/promises';
import {
  BUILT_IN_POLICIES,
  builtInPolicy,
  COMPILED_ENGINES,
  type Figures,
  optimumOf,
  PlannedPolicy,
  policyOf,
  replay,
  replayInTurns,
  type Scenario,
} from '@spotopt/decision/replay';
import type { BenchContext } from '../bench.js';
import { checkVector, OPTIMA } from './check-vector.js';
import { type Expected, ExpectedResults, greatestDifference, TestVector } from './expected-figures.js';
import { readDataFile, readScenarios } from './scenario-files.js';

const PLAYED = [...BUILT_IN_POLICIES, ...Object.keys(OPTIMA), ...COMPILED_ENGINES];
const SEED_RULE = 'seed-rule';

/** Plays every recorded scenario with everything there is, and holds the figures against the expected ones. */
export async function measureReplay(context: BenchContext): Promise<void> {
  const { dataDir } = context;
  const vector = TestVector.parse(JSON.parse(await readDataFile(dataDir, 'testvector.json')));
  const expected = ExpectedResults.parse(JSON.parse(await readDataFile(dataDir, 'expected_results.json')));
  difference(context, 'replay.vector-difference', checkVector(vector));
  const scores = new Map<string, number[]>();
  let greatest = 0;
  let ofSeedRule = 0;
  let steps = 0;
  let left = expected.length;
  const startedAtMs = performance.now();
  for await (const scenario of readScenarios(dataDir)) {
    for (const name of PLAYED) {
      const figures = await play(scenario, name, context.signal);
      scores.set(name, [...(scores.get(name) ?? []), figures.score]);
      steps += scenario.steps;
      const wanted = find(expected, scenario.id, name === SEED_RULE ? 'seed' : name);
      if (wanted === undefined) continue;
      const found = greatestDifference(figures, wanted);
      if (found.difference > 1e-9) {
        context.tell(`${scenario.id} ${name}: ${found.name} differs by ${found.difference.toExponential(1)}`);
      }
      if (name === SEED_RULE) ofSeedRule = Math.max(ofSeedRule, found.difference);
      else {
        greatest = Math.max(greatest, found.difference);
        left -= 1;
      }
    }
  }
  const seconds = (performance.now() - startedAtMs) / 1000;
  difference(context, 'replay.difference', greatest);
  difference(context, 'replay.seed-rule-difference', ofSeedRule);
  context.report({ name: 'replay.not-played', value: left, unit: 'expected results', reference: null });
  context.report({ name: 'replay.steps', value: steps / seconds, unit: 'steps/s', reference: null });
  const best = mean(scores.get('omni-sla') ?? []);
  for (const [name, ofPolicy] of scores) {
    context.report({ name: `replay.score.${name}`, value: mean(ofPolicy), unit: 'score', reference: best });
  }
}

async function play(scenario: Scenario, name: string, signal: AbortSignal): Promise<Figures> {
  await eventsHandled();
  signal.throwIfAborted();
  const weight = OPTIMA[name];
  if (weight !== undefined) {
    return replay(scenario, new PlannedPolicy(name, optimumOf(scenario, weight).plan));
  }
  const builtIn = BUILT_IN_POLICIES.find((policy) => policy === name);
  if (builtIn !== undefined) return replay(scenario, builtInPolicy(builtIn, scenario));
  return replayInTurns(scenario, policyOf(name, scenario));
}

function find(
  expected: readonly (Expected & { readonly scenario: string; readonly policy: string })[],
  scenario: string,
  policy: string,
): Expected | undefined {
  return expected.find((result) => result.scenario === scenario && result.policy === policy);
}

function difference(context: BenchContext, name: string, value: number): void {
  context.report({ name, value, unit: 'relative', reference: null });
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
