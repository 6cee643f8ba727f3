export type { MarketBelief, PoolBelief } from './belief.js';
export { Engine } from './engine.js';
export type {
  CurrentPlacement,
  ExpectedSaving,
  Observation,
  OnDemandObservation,
  PlacementChoice,
  PoolObservation,
  Proposal,
  ProposedAction,
  RejectionCode,
  RiskParts,
  ScoredCandidate,
  StandbyPlacement,
  SwitchEconomics,
} from './engine.js';
export { expectedSavingOf } from './expected-saving.js';
export { HazardEngine, proposeAt } from './hazard/hazard.js';
export { learner } from './hazard/learn.js';
export { isPriceFresh } from './price-freshness.js';
export { isSamePlace } from './same-place.js';
export { StayEngine } from './stay.js';
export { priceFeaturesOf } from './price-features.js';
export type { PriceFeatures, PricePoint } from './price-features.js';
export { riskOf, riskPartsOf } from './seed-rule.js';
export type { RiskFacts } from './seed-rule.js';
