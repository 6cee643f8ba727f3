import type protobuf from 'protobufjs/light.js';
import type { ModelManifest } from './manifest.js';
import { ONNX_SCHEMA } from './onnx-schema.js';

/** A part of a model as plain data, with the names of the format. */
export type Part = Record<string, unknown>;

const FLOAT = 1;
const INT64 = 7;

const type = (name: string): protobuf.Type => ONNX_SCHEMA.lookupType(name);

export function encodeModel(model: Part): Uint8Array {
  return type('ModelProto').encode(type('ModelProto').fromObject(model)).finish();
}

/** Any other message, for fields that are declared as bytes. */
export function encodePart(message: string, part: Part): Uint8Array {
  return type(message).encode(type(message).fromObject(part)).finish();
}

export function floats(name: string, dims: readonly number[], values: readonly number[]): Part {
  return { name, dims, data_type: FLOAT, raw_data: Buffer.from(Float32Array.from(values).buffer) };
}

export function ints(name: string, dims: readonly number[], values: readonly number[]): Part {
  return {
    name,
    dims,
    data_type: INT64,
    raw_data: Buffer.from(BigInt64Array.from(values.map(BigInt)).buffer),
  };
}

/** -1 leaves a dimension open. */
export function port(name: string, shape: readonly number[], elemType = FLOAT): Part {
  const dim = shape.map((size) => (size < 0 ? { dim_param: 'pools' } : { dim_value: size }));
  return { name, type: { tensor_type: { elem_type: elemType, shape: { dim } } } };
}

export function node(op: string, input: readonly string[], output: readonly string[], more: Part = {}): Part {
  return { op_type: op, input, output, name: `${op}-${output.join('-')}`, ...more };
}

export const FEATURES_OF_SAMPLE = 3;

/** Parts that tests put together anew; `graph` and the rest may be replaced one by one. */
export interface SampleParts {
  readonly node: readonly Part[];
  readonly initializer: readonly Part[];
  readonly input?: readonly Part[];
  readonly output?: readonly Part[];
  readonly graph?: Part;
  readonly model?: Part;
}

export function modelWith(parts: SampleParts): Uint8Array {
  const { node: nodes, initializer, input, output, graph, model } = parts;
  return encodeModel({
    ir_version: 8,
    producer_name: 'samples',
    opset_import: [{ domain: '', version: 17 }],
    graph: {
      name: 'loss',
      node: nodes,
      initializer,
      input: input ?? [port('features', [-1, FEATURES_OF_SAMPLE])],
      output: output ?? [port('loss', [-1, 1])],
      ...graph,
    },
    ...model,
  });
}

const WEIGHTS = [0.5, 0.25, -0.002];
const BIAS = -3;

export const LOGISTIC: SampleParts = {
  node: [
    node('MatMul', ['features', 'weights'], ['linear']),
    node('Add', ['linear', 'bias'], ['logit']),
    node('Sigmoid', ['logit'], ['loss']),
  ],
  initializer: [floats('weights', [FEATURES_OF_SAMPLE, 1], WEIGHTS), floats('bias', [1], [BIAS])],
};

/** A logistic regression over price ratio, interruptions and quiet hours. */
export const logisticModel = (): Uint8Array => modelWith(LOGISTIC);

export function logisticLoss(row: readonly number[]): number {
  const logit = row.reduce((sum, value, index) => sum + value * (WEIGHTS[index] ?? 0), BIAS);
  return 1 / (1 + Math.exp(-logit));
}

const GOLDEN_INPUT = [
  [0.4, 0, 200],
  [0.3, 12, 2],
  [0.5, 3, 48],
];

export function manifestSample(overrides: Partial<Record<keyof ModelManifest, unknown>> = {}): string {
  return JSON.stringify({
    name: 'logistic',
    version: '1.0.0',
    description: 'logistic regression over three features',
    features: [
      { name: 'price_ratio', unit: 'ratio' },
      { name: 'interruptions_30d', unit: 'count' },
      { name: 'quiet_hours', unit: 'h' },
    ],
    input: { name: 'features', type: 'float32', shape: [-1, FEATURES_OF_SAMPLE] },
    output: { name: 'loss', type: 'float32', shape: [-1, 1], meaning: 'loss-probability-per-hour' },
    golden: { input: GOLDEN_INPUT, output: GOLDEN_INPUT.map(logisticLoss), tolerance: 0.00001 },
    ...overrides,
  });
}

/**
 * A boosted forest as exporters write it: `trees` trees of depth two over the same features.
 * @param childOf where the branches of a node lead
 */
export function forestModel(trees: number, childOf = (id: number): number => 2 * id + 1): Uint8Array {
  const nodes = Array.from({ length: trees }, (_, tree) =>
    Array.from({ length: 7 }, (_leaf, id) => ({
      tree,
      id,
      leaf: id > 2,
      feature: (tree + id) % FEATURES_OF_SAMPLE,
    })),
  ).flat();
  const leaves = nodes.filter(({ leaf }) => leaf);
  const list = (name: string, values: readonly number[]): Part => ({ name, ints: values, type: 7 });
  const reals = (name: string, values: readonly number[]): Part => ({ name, floats: values, type: 6 });
  const texts = (name: string, values: readonly string[]): Part => ({
    name,
    strings: values.map((value) => Buffer.from(value)),
    type: 8,
  });
  const attribute = [
    list(
      'nodes_treeids',
      nodes.map(({ tree }) => tree),
    ),
    list(
      'nodes_nodeids',
      nodes.map(({ id }) => id),
    ),
    list(
      'nodes_featureids',
      nodes.map(({ feature, leaf }) => (leaf ? 0 : feature)),
    ),
    reals(
      'nodes_values',
      nodes.map(({ leaf, id }) => (leaf ? 0 : id + 0.5)),
    ),
    texts(
      'nodes_modes',
      nodes.map(({ leaf }) => (leaf ? 'LEAF' : 'BRANCH_LEQ')),
    ),
    list(
      'nodes_truenodeids',
      nodes.map(({ leaf, id }) => (leaf ? 0 : childOf(id))),
    ),
    list(
      'nodes_falsenodeids',
      nodes.map(({ leaf, id }) => (leaf ? 0 : childOf(id) + 1)),
    ),
    list(
      'target_treeids',
      leaves.map(({ tree }) => tree),
    ),
    list(
      'target_nodeids',
      leaves.map(({ id }) => id),
    ),
    list(
      'target_ids',
      leaves.map(() => 0),
    ),
    reals(
      'target_weights',
      leaves.map(({ id }) => id / 10 / trees),
    ),
    { name: 'n_targets', i: 1, type: 2 },
  ];
  return modelWith({
    node: [node('TreeEnsembleRegressor', ['features'], ['loss'], { domain: 'ai.onnx.ml', attribute })],
    initializer: [],
    model: {
      opset_import: [
        { domain: '', version: 17 },
        { domain: 'ai.onnx.ml', version: 3 },
      ],
    },
  });
}
