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
    name: 'replay',
    summary: 'every policy and engine on recorded scenarios; their figures beside the expected ones',
    needsServers: false,
    bounds: [
      { figure: 'replay.vector-difference', of: 'value', atMost: 1e-9 },
      { figure: 'replay.difference', of: 'value', atMost: 1e-9 },
      { figure: 'replay.seed-rule-difference', of: 'value', atMost: 1e-9 },
      { figure: 'replay.not-played', of: 'value', atMost: 0 },
    ],
    load: async () => (await import('./replay/measure-replay.js')).measureReplay,
  },
  {
    name: 'age-bound',
    summary:
      'recorded traces with the best policy for ages counted on the very trace, beside the default engine',
    needsServers: false,
    bounds: [],
    load: async () => (await import('./age-bound/measure-age-bound.js')).measureAgeBound,
  },
  {
    name: 'decide',
    summary: 'one decision with 200 pools and 90 days learned, beside a copy of what it looks at',
    needsServers: false,
    bounds: [
      { figure: 'decide.p99', of: 'value', atMost: 5 },
      { figure: 'decide.rate', of: 'value', atLeast: 2_000 },
    ],
    load: async () => (await import('./decide/measure-decide.js')).measureDecide,
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
  {
    name: 'engines',
    summary: 'answers of uploaded engines for 200 pools, and what 50 hostile ones cost their neighbours',
    needsServers: false,
    bounds: [
      { figure: 'engines.model-p99', of: 'value', atMost: 25 },
      { figure: 'engines.script-p99', of: 'value', atMost: 50 },
      { figure: 'engines.neighbour-rate', of: 'ratio', atLeast: 0.9 },
    ],
    load: async () => (await import('./engines/measure-engines.js')).measureEngines,
  },
];
