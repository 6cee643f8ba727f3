export { decisionConfig } from './config.js';
export type { DecisionConfig } from './config.js';
export { decisionService } from './decision.module.js';
export { Engine } from './engine/engine.js';
export type { Observation, PoolObservation, Proposal, ScoredCandidate } from './engine/engine.js';
export { SeedRuleEngine } from './engine/seed-rule.js';
