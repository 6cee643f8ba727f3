import type { MarketSources } from './ports.js';

/** Nothing is configured. */
export const NO_SOURCES: MarketSources = { priceList: null, advisor: null, scores: null, offerings: null };
