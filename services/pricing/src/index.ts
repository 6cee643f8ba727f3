export { pricingConfig } from './config.js';
export type { PricingConfig } from './config.js';
export { pricingService } from './pricing.module.js';
export { compareWithFile } from './replay-audit/compare-with-file.js';
export type { Comparison, ComparisonScope, PriceChange } from './replay-audit/compare-with-file.js';
