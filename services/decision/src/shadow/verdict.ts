import type { EngineVerdict } from '@spotopt/contracts';
import { pairedBootstrap, type PairedCluster } from './bootstrap.js';

/** Fewer days of a market than this say nothing: the same interruption hits every decision of its day. */
const FEWEST_MARKET_DAYS = 8;

/** Whether an engine is cheaper than the champion at decisions at which the outcome of both is known. */
export async function verdictOf(clusters: readonly PairedCluster[]): Promise<EngineVerdict> {
  const pairs = clusters.reduce((sum, cluster) => sum + cluster.pairs, 0);
  const counts = { pairs, marketDays: clusters.length };
  const over = `${String(pairs)} decisions on ${String(clusters.length)} market-days`;
  const result = await pairedBootstrap(clusters);
  if (result === null || clusters.length < FEWEST_MARKET_DAYS) {
    return {
      ...counts,
      conclusion: 'too-little',
      betterPercent: result?.betterPercent ?? null,
      lowPercent: null,
      highPercent: null,
      text: `too little to tell: ${over}, ${String(FEWEST_MARKET_DAYS)} market-days are needed`,
    };
  }
  const { betterPercent, lowPercent, highPercent } = result;
  const range = (low: number, high: number): string =>
    `(95 %: ${low.toFixed(1)} to ${high.toFixed(1)} %) over ${over}`;
  const shared = { ...counts, betterPercent, lowPercent, highPercent };
  if (lowPercent > 0) {
    const text = `${betterPercent.toFixed(1)} % cheaper than the champion ${range(lowPercent, highPercent)}`;
    return { ...shared, conclusion: 'better', text };
  }
  if (highPercent < 0) {
    const text = `${(-betterPercent).toFixed(1)} % dearer than the champion ${range(-highPercent, -lowPercent)}`;
    return { ...shared, conclusion: 'worse', text };
  }
  const text = `no difference shown: ${betterPercent.toFixed(1)} % cheaper than the champion ${range(lowPercent, highPercent)}`;
  return { ...shared, conclusion: 'no-difference', text };
}
