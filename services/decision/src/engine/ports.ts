export { Engine } from './engine.js';
export type {
  Observation,
  OnDemandObservation,
  PoolObservation,
  Proposal,
  ProposedAction,
  RejectionCode,
  RiskParts,
  ScoredCandidate,
} from './engine.js';
export { priceFeaturesOf } from './price-features.js';
export type { PriceFeatures, PricePoint } from './price-features.js';
