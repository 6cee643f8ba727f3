import { createHash } from 'node:crypto';
import type { EngineArtifact } from '@spotopt/decision';

const HEAD = "export const name = 'bench'; export const version = '1';\n";

/** Scores every pool, sorts, and tells what it thinks of each: as much as a script can be expected to do. */
const CHEAPEST_SAFE = `${HEAD}
export function decide(observation) {
  const { pools, economics, limits, current } = observation;
  const scored = pools.map((pool) => {
    const lossPerHour = Math.min(1, (0.5 + pool.interruptions30d) / (24 + pool.quietHours));
    const downtimeSeconds = lossPerHour * economics.coldLaunchSeconds;
    const usd = pool.usdPerHour ?? Infinity;
    return { pool, lossPerHour, downtimeSeconds, score: usd + (downtimeSeconds / 60) * economics.downtimeUsdPerMinute };
  });
  const possible = scored
    .filter(({ pool, lossPerHour }) => pool.available !== false && !pool.underNotice && pool.blockedUntil === null && lossPerHour < limits.maxRisk)
    .sort((a, b) => a.score - b.score);
  const best = possible[0];
  const candidates = scored.map(({ pool, lossPerHour, downtimeSeconds, score }) => ({
    poolId: pool.poolId, risk: lossPerHour, lossPerHour, scoreUsdPerHour: score, expectedUsdPerHour: pool.usdPerHour,
    expectedDowntimeSecondsPerHour: downtimeSeconds, rejectedBecause: pool === best?.pool ? [] : ['not-cheapest'],
  }));
  if (best === undefined || best.score > current.usdPerHour) return { action: 'stay', reason: 'nothing is better', confidence: 0.8, candidates };
  return { action: 'switch_to_spot', target: { mode: 'spot', poolId: best.pool.poolId }, reason: 'the least expected cost', confidence: 0.8, candidates };
}`;

const SPINNING = ['while (true) {}', "return /^(a+)+$/.test('a'.repeat(60) + 'b');"];
const NATIVE = ["return 'a'.repeat(4e6).indexOf('a'.repeat(2e6) + 'b');"];
const GREEDY = [
  'const all = []; for (;;) all.push(new Array(1e5).fill(all));',
  "let x = 'x'; for (;;) x += x;",
];
const LOUD = ["return { action: 'stay', reason: 'x'.repeat(8e6), confidence: 1 };"];
const FAILING = ["throw new Error('always');"];
const BODIES = [...SPINNING, ...NATIVE, ...GREEDY, ...LOUD, ...FAILING];

function artifactOf(
  kind: EngineArtifact['kind'],
  content: Uint8Array,
  manifest: string | null,
): EngineArtifact {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { engineId: sha256, kind, name: 'bench', version: '1', sha256, content, manifest };
}

export const scriptEngine = (): EngineArtifact => artifactOf('javascript', Buffer.from(CHEAPEST_SAFE), null);

export function hostileEngines(count: number): EngineArtifact[] {
  return Array.from({ length: count }, (_, index) => {
    const body = BODIES[index % BODIES.length] ?? '';
    return artifactOf(
      'javascript',
      Buffer.from(`${HEAD}// ${String(index)}\nexport function decide() { ${body} }`),
      null,
    );
  });
}

const FEATURES = [
  ['price_ratio', 'ratio'],
  ['volatility_24h', 'ratio'],
  ['rising', '0 or 1'],
  ['interruptions_30d', 'count'],
  ['quiet_hours', 'h'],
  ['available', '0 or 1'],
  ['under_notice', '0 or 1'],
  ['hour_of_day', 'h UTC'],
] as const;
const HIDDEN = 64;

/** A net of three layers, 64 wide; its weights are small and come from a formula. */
export function modelEngine(): EngineArtifact {
  const manifest = {
    name: 'bench-net',
    version: '1',
    features: FEATURES.map(([name, unit]) => ({ name, unit })),
    input: { name: 'features', type: 'float32', shape: [-1, FEATURES.length] },
    output: { name: 'loss', type: 'float32', shape: [-1, 1], meaning: 'loss-probability-per-hour' },
    golden: { input: [FEATURES.map(() => 0)], output: [0.5] },
  };
  return artifactOf('onnx', netModel(), JSON.stringify(manifest));
}

/** The few parts of the ONNX format that the net needs, written by hand. */
function netModel(): Uint8Array {
  const layers = [
    [FEATURES.length, HIDDEN],
    [HIDDEN, HIDDEN],
    [HIDDEN, 1],
  ] as const;
  const nodes: Buffer[] = [];
  let from = 'features';
  layers.forEach((_shape, layer) => {
    const last = layer === layers.length - 1;
    const [linear, out] = [`linear${String(layer)}`, last ? 'loss' : `hidden${String(layer)}`];
    nodes.push(
      node('MatMul', [from, `w${String(layer)}`], linear),
      node(last ? 'Sigmoid' : 'Relu', [linear], out),
    );
    from = out;
  });
  const weights = layers.map(([rows, columns], layer) =>
    message(5, weight(`w${String(layer)}`, rows, columns)),
  );
  const graph = Buffer.concat([
    ...nodes,
    message(2, Buffer.from('net')),
    ...weights,
    message(11, port('features', FEATURES.length)),
    message(12, port('loss', 1)),
  ]);
  const opset = integer(2, 17);
  return Buffer.concat([integer(1, 8), message(7, graph), message(8, opset)]);
}

function node(op: string, inputs: readonly string[], output: string): Buffer {
  const parts = inputs.map((input) => message(1, Buffer.from(input)));
  return message(1, Buffer.concat([...parts, message(2, Buffer.from(output)), message(4, Buffer.from(op))]));
}

function weight(name: string, rows: number, columns: number): Buffer {
  const values = Float32Array.from({ length: rows * columns }, (_, index) => Math.sin(index) / 1_000);
  const raw = Buffer.from(values.buffer);
  return Buffer.concat([
    integer(1, rows),
    integer(1, columns),
    integer(2, 1),
    message(8, Buffer.from(name)),
    message(9, raw),
  ]);
}

function port(name: string, columns: number): Buffer {
  const rows = message(1, message(2, Buffer.from('pools')));
  const shape = Buffer.concat([rows, message(1, integer(1, columns))]);
  const tensor = Buffer.concat([integer(1, 1), message(2, shape)]);
  return Buffer.concat([message(1, Buffer.from(name)), message(2, message(1, tensor))]);
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function message(field: number, body: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
