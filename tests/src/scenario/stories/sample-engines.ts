/** Engines as users would upload them, made here so that no file of a stranger is part of the project. */

export interface EngineFile {
  readonly name: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** A script that never moves anything. */
export function stayingScript(name: string, version: string): EngineFile {
  const text = `
export const name = '${name}';
export const version = '${version}';
export function decide(observation) {
  return { action: 'stay', reason: observation.pools.length + ' pools seen', confidence: 1 };
}
`;
  return { name: `${name}.js`, content: Buffer.from(text) };
}

const FEATURES = [
  { name: 'price_ratio', unit: 'ratio' },
  { name: 'interruptions_30d', unit: 'count' },
];
const WEIGHTS = [0.5, 0.25];
const BIAS = -3;
const GOLDEN_ROWS = [
  [0.4, 0],
  [0.3, 12],
];

/** A logistic regression over two features, with its manifest. */
export function logisticModel(name: string, version: string): EngineFile[] {
  const manifest = {
    ...{ name, version, features: FEATURES },
    input: { name: 'features', type: 'float32', shape: [-1, FEATURES.length] },
    output: { name: 'loss', type: 'float32', shape: [-1, 1], meaning: 'loss-probability-per-hour' },
    golden: { input: GOLDEN_ROWS, output: GOLDEN_ROWS.map(lossOf) },
  };
  return [
    { name: 'model.onnx', content: Buffer.from(modelBytes()) },
    { name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) },
  ];
}

function lossOf(row: readonly number[]): number {
  const logit = row.reduce((sum, value, index) => sum + value * (WEIGHTS[index] ?? 0), BIAS);
  return 1 / (1 + Math.exp(-logit));
}

/** The few messages of the ONNX format that this model needs, by the numbers of their fields. */
function modelBytes(): Buffer {
  const graph = [
    field(1, node('MatMul', ['features', 'weights'], 'linear')),
    field(1, node('Add', ['linear', 'bias'], 'logit')),
    field(1, node('Sigmoid', ['logit'], 'loss')),
    field(2, 'loss'),
    field(5, tensor('weights', [FEATURES.length, 1], WEIGHTS)),
    field(5, tensor('bias', [1], [BIAS])),
    field(11, port('features', FEATURES.length)),
    field(12, port('loss', 1)),
  ];
  const opset = [field(1, ''), number(2, 17)];
  return Buffer.concat([number(1, 8), field(7, Buffer.concat(graph)), field(8, Buffer.concat(opset))]);
}

const FLOAT = 1;

function node(operator: string, inputs: readonly string[], output: string): Buffer {
  return Buffer.concat([...inputs.map((input) => field(1, input)), field(2, output), field(4, operator)]);
}

function tensor(name: string, shape: readonly number[], values: readonly number[]): Buffer {
  const data = Buffer.from(Float32Array.from(values).buffer);
  const dimensions = shape.map((size) => number(1, size));
  return Buffer.concat([...dimensions, number(2, FLOAT), field(8, name), field(9, data)]);
}

/** Any number of rows. */
function port(name: string, columns: number): Buffer {
  const shape = Buffer.concat([field(1, field(2, 'pools')), field(1, number(1, columns))]);
  const tensorType = Buffer.concat([number(1, FLOAT), field(2, shape)]);
  return Buffer.concat([field(1, name), field(2, field(1, tensorType))]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(rest > 127 ? (rest & 127) | 128 : rest);
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

function number(fieldNumber: number, value: number): Buffer {
  return Buffer.concat([varint(fieldNumber * 8), varint(value)]);
}

function field(fieldNumber: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(fieldNumber * 8 + 2), varint(bytes.length), bytes]);
}
