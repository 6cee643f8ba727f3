export { FixedPlacementScores, FixedPriceList, FixedSpotAdvisor } from '../prices/market-facts.fake.js';
