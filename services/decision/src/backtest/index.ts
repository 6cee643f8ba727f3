export { backtestChartSvg } from './backtest-chart.js';
export { entriesOf, type KnownEngines } from './engine-choice.js';
export { type PoolFacts, type PriceHistory, scenarioOfHistory } from './history.js';
export { runBacktest } from './run-backtest.js';
