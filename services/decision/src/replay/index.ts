export { BUILT_IN_POLICIES, builtInPolicy } from './built-in-policies.js';
export type { BuiltInPolicyName } from './built-in-policies.js';
export { EnginePolicy } from './engine-policy.js';
export { COMPILED_ENGINES, DEFAULT_ENGINE, policyOf, REPLAYABLE, unknownEngine } from './engines.js';
export type { Figures } from './figures.js';
export { optimumInTurns, optimumOf, PlannedPolicy } from './optimum.js';
export { PromptPolicy, ReplayPolicy } from './policy.js';
export type { ReplayAction, ReplayEvent, StepObservation } from './policy.js';
export { priceFileInTurns, readPriceFile } from './price-file.js';
export {
  type Outage,
  type PoolTrace,
  priceScenario,
  type PriceSeries,
  traceScenario,
} from './price-series.js';
export { ProtocolSession } from './protocol.js';
export { replay, replayInTurns, type StepRecord } from './replay.js';
export {
  ON_DEMAND,
  REPLAY_RULES,
  type ReplayMarket,
  type ReplayPool,
  type ReplayRules,
  type Scenario,
} from './scenario.js';
