import { AppError } from '@spotopt/kernel';
import { HazardEngine } from '../engine/hazard/hazard.js';
import { learner } from '../engine/hazard/learn.js';
import { SeedRuleEngine } from '../engine/seed-rule.js';
import { BUILT_IN_POLICIES, type BuiltInPolicyName, builtInPolicy } from './built-in-policies.js';
import { EnginePolicy, type ProposingEngine } from './engine-policy.js';
import type { ReplayPolicy } from './policy.js';
import { REPLAY_RULES, type ReplayMarket, type ReplayRules } from './scenario.js';

/** Engines that are compiled in. One that looks at beliefs brings its learner. */
const ENGINES: Readonly<Record<string, () => ProposingEngine>> = {
  hazard: () => {
    const engine = new HazardEngine();
    return { name: engine.name, learner, propose: (observation) => engine.propose(observation) };
  },
  'seed-rule': () => new SeedRuleEngine(),
};

export const COMPILED_ENGINES: readonly string[] = Object.keys(ENGINES);

/** The engine that decides where none is named. */
export const DEFAULT_ENGINE = 'hazard';

/** Everything that can be replayed by name: engines, and plain policies to compare them with. */
export const REPLAYABLE: readonly string[] = [
  ...COMPILED_ENGINES,
  ...BUILT_IN_POLICIES.filter((name) => !COMPILED_ENGINES.includes(name)),
];

const isBuiltIn = (name: string): name is BuiltInPolicyName =>
  BUILT_IN_POLICIES.some((builtIn) => builtIn === name);

export function compiledEngine(name: string): ProposingEngine | null {
  return ENGINES[name]?.() ?? null;
}

/**
 * A policy that plays this market; a new one for each replay.
 * @throws AppError `unknown-engine`
 */
export function policyOf(
  name: string,
  market: ReplayMarket,
  rules: ReplayRules = REPLAY_RULES,
): ReplayPolicy {
  const engine = compiledEngine(name);
  if (engine !== null) return new EnginePolicy(engine, market, rules);
  if (isBuiltIn(name)) return builtInPolicy(name, market, rules);
  throw unknownEngine(name, REPLAYABLE);
}

export function unknownEngine(name: string, known: readonly string[]): AppError {
  return AppError.permanent('unknown-engine', `there is no engine ${name}; there are: ${known.join(', ')}`);
}
