import type { Bench } from './bench.js';

/** Every bench with what its figures must hold. */
export const BENCHES: readonly Bench[] = [
  {
    name: 'pricing-quality',
    summary: 'error of filled price gaps on recorded prices, against carrying the last price on',
    needsServers: false,
    bounds: [{ figure: 'pricing-quality.error', of: 'ratio', below: 1 }],
    load: async () => (await import('./pricing-quality/measure-quality.js')).measureQuality,
  },
];
