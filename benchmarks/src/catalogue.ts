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
  {
    name: 'pricing-ingest',
    summary: 'price reports that the gateway takes beside a bare server, and none lost when a database dies',
    needsServers: true,
    bounds: [
      { figure: 'pricing-ingest.accepted', of: 'ratio', atLeast: 0.4 },
      { figure: 'pricing-ingest.lost', of: 'value', atMost: 0 },
      { figure: 'pricing-ingest.doubled', of: 'value', atMost: 0 },
    ],
    load: async () => (await import('./pricing-ingest/measure-ingest.js')).measureIngest,
  },
  {
    name: 'price-history',
    summary: 'week-long charts on ten million rows, and consolidating a bucket of 10,000 pools',
    needsServers: true,
    bounds: [
      { figure: 'price-history.p99', of: 'value', atMost: 50 },
      { figure: 'price-history.plan', of: 'value', atLeast: 1 },
      { figure: 'price-history.consolidate-bucket', of: 'value', atMost: 2 },
    ],
    load: async () => (await import('./price-history/measure-history.js')).measureHistory,
  },
];
