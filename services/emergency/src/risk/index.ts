export { PriceStore } from './ports.js';
export { riskOf } from './risk.js';
export type { PriceChange, Risk, RiskInput } from './risk.js';
