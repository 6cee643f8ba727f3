import { EngineFailed } from './engine-failure.js';
import type { ModelManifest } from './manifest.js';
import { type OnnxMessage, readOnnx } from './onnx-file.js';
import { DOMAINS, refusedOperator } from './onnx-operators.js';
import { checkTensor, FLOAT32, last, shown } from './onnx-tensors.js';

export interface ModelFacts {
  readonly operators: readonly string[];
  readonly opset: Readonly<Record<string, number>>;
  /** Numbers that were learned. */
  readonly parameters: number;
  readonly producer: string;
}

type Ports = Pick<ModelManifest, 'input' | 'output'>;

const IR_VERSIONS = [3, 13] as const;
const MAX_NODES = 20_000;
const STANDARD_NAME = 'ai.onnx';
const FOREIGN_PARTS = [
  'functions',
  'training_info',
  'configuration',
  'sparse_initializer',
  'quantization_annotation',
];

/**
 * Everything that can be said about a model without running it.
 * @throws EngineFailed with what is wrong and what to do
 */
export function checkModel(content: Uint8Array, ports: Ports): ModelFacts {
  const model = readOnnx(content);
  const graph = graphOf(model);
  const opset = opsetOf(model);
  const initializers = graph.messages.get('initializer') ?? [];
  const parameters = initializers.reduce((sum, tensor) => sum + checkTensor(tensor), 0);
  const names = new Names(initializers.map((tensor) => tensor.texts.get('name')?.[0]));
  checkInput(graph, ports, names);
  const operators = checkNodes(graph, opset, names);
  checkOutput(graph, ports, names);
  const producer = shown(model.texts.get('producer_name')?.[0]);
  return { operators, opset: Object.fromEntries(opset), parameters, producer };
}

function graphOf(model: OnnxMessage): OnnxMessage {
  const irVersion = last(model, 'ir_version');
  const [graph] = model.messages.get('graph') ?? [];
  if (graph === undefined) refuse('not-onnx', 'The file is not an ONNX model: it has no graph.');
  if (irVersion < IR_VERSIONS[0] || irVersion > IR_VERSIONS[1]) {
    refuse('version', `The IR version ${String(irVersion)} is not taken; ${IR_VERSIONS.join(' to ')} are.`);
  }
  const foreign = [...FOREIGN_PARTS].find((field) => model.bytes.has(field) || graph.bytes.has(field));
  if (foreign !== undefined) refuse('not-allowed', `The model has the part ${foreign}, which is not taken.`);
  return graph;
}

function refuse(reason: string, message: string, limit: string | null = null): never {
  throw EngineFailed.refused(reason, message, limit);
}

/** Which values exist so far: each is made once, and before it is used. */
class Names {
  readonly #known = new Set<string>();

  constructor(initializers: readonly (string | undefined)[]) {
    for (const name of initializers) this.add(name);
  }

  add(name: string | undefined): void {
    if (name === undefined || name === '') refuse('names', 'A value of the graph has no name.');
    if (this.#known.has(name)) refuse('names', `The value ${shown(name)} is made twice.`);
    this.#known.add(name);
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }
}

function opsetOf(model: OnnxMessage): Map<string, number> {
  const opset = new Map<string, number>();
  for (const entry of model.messages.get('opset_import') ?? []) {
    const domain = domainOf(entry);
    const version = last(entry, 'version');
    const known = Object.hasOwn(DOMAINS, domain) ? DOMAINS[domain] : undefined;
    if (known === undefined) {
      refuse(
        'domain',
        `The model wants operators of the domain ${shown(domain)}; only the standard ones are taken.`,
      );
    }
    const [oldest, newest] = known.versions;
    if (version < oldest || version > newest) {
      const range = `${String(oldest)} to ${String(newest)}`;
      refuse(
        'version',
        `Version ${String(version)} of ${domain || STANDARD_NAME} is not taken; ${range} are.`,
      );
    }
    if (opset.has(domain)) refuse('version', `The model names ${domain || STANDARD_NAME} twice.`);
    opset.set(domain, version);
  }
  if (opset.size === 0) refuse('version', 'The model does not say which operators it means.');
  return opset;
}

function domainOf(message: OnnxMessage): string {
  const domain = message.texts.get('domain')?.[0] ?? '';
  return domain === STANDARD_NAME ? '' : domain;
}

function checkNodes(graph: OnnxMessage, opset: ReadonlyMap<string, number>, names: Names): string[] {
  const nodes = graph.messages.get('node') ?? [];
  if (nodes.length > MAX_NODES) {
    const limit = `${String(MAX_NODES)} operators`;
    refuse('too-many-parts', `The graph has more than ${limit}.`, limit);
  }
  return [...new Set(nodes.map((node) => checkNode(node, opset, names)))].sort();
}

function checkNode(node: OnnxMessage, opset: ReadonlyMap<string, number>, names: Names): string {
  const operator = checkOperator(node, opset);
  const unknown = (node.texts.get('input') ?? []).find((input) => input !== '' && !names.has(input));
  if (unknown !== undefined)
    refuse('names', `${operator} reads ${shown(unknown)}, which nothing before it makes.`);
  if (operator === 'Dropout') checkDropout(node);
  for (const output of node.texts.get('output') ?? []) if (output !== '') names.add(output);
  for (const attribute of node.messages.get('attribute') ?? []) checkAttribute(attribute, operator);
  return operator;
}

/** Its third input is the training mode. */
function checkDropout(node: OnnxMessage): void {
  if ((node.texts.get('input')?.[2] ?? '') === '') return;
  refuse(
    'operator',
    'Dropout with a training mode draws lots. Export the model for inference, as after model.eval().',
  );
}

function checkOperator(node: OnnxMessage, opset: ReadonlyMap<string, number>): string {
  const domain = domainOf(node);
  const operator = node.texts.get('op_type')?.[0] ?? '';
  const known = Object.hasOwn(DOMAINS, domain) ? DOMAINS[domain] : undefined;
  if (known === undefined || !opset.has(domain)) {
    refuse(
      'domain',
      `An operator is of the domain ${shown(domain)}; only the declared standard ones are taken.`,
    );
  }
  if (!known.operators.has(operator)) refuse('operator', refusedOperator(operator));
  if (node.texts.has('overload') || node.bytes.has('device_configurations')) {
    refuse('not-allowed', `The operator ${operator} asks for a function or a device.`);
  }
  return operator;
}

const FOREIGN_ATTRIBUTES = ['g', 'graphs', 'tp', 'type_protos', 'sparse_tensor', 'sparse_tensors'];

function checkAttribute(attribute: OnnxMessage, operator: string): void {
  const foreign = FOREIGN_ATTRIBUTES.find((field) => attribute.bytes.has(field));
  if (foreign !== undefined)
    refuse('not-allowed', `${operator} has an attribute with a graph, a type or a sparse tensor.`);
  if (attribute.texts.has('ref_attr_name'))
    refuse('not-allowed', `${operator} refers to attributes of a function.`);
  for (const field of ['t', 'tensors']) {
    for (const tensor of attribute.messages.get(field) ?? []) checkTensor(tensor);
  }
}

/** Old exporters list the weights among the inputs; the manifest's is the only one besides. */
function checkInput(graph: OnnxMessage, { input }: Ports, names: Names): void {
  const inputs = (graph.messages.get('input') ?? []).filter(
    (value) => !names.has(value.texts.get('name')?.[0] ?? ''),
  );
  const found = inputs.map((value) => shown(value.texts.get('name')?.[0])).join(', ') || 'none';
  const [only] = inputs;
  if (inputs.length !== 1 || only?.texts.get('name')?.[0] !== input.name) {
    refuse('input', `The manifest says that the only input is ${shown(input.name)}; the model has ${found}.`);
  }
  names.add(input.name);
  checkShape(only, 'input', input.shape);
}

function checkOutput(graph: OnnxMessage, { output }: Ports, names: Names): void {
  const outputs = graph.messages.get('output') ?? [];
  const named = outputs.filter((value) => value.texts.get('name')?.[0] === output.name);
  const [only] = named;
  if (named.length !== 1 || only === undefined) {
    const found = outputs.map((value) => shown(value.texts.get('name')?.[0])).join(', ') || 'none';
    refuse('output', `The manifest's output ${shown(output.name)} is not one of the model's: ${found}.`);
  }
  const missing = outputs.find((value) => !names.has(value.texts.get('name')?.[0] ?? ''));
  if (missing !== undefined) refuse('output', 'The graph has an output that nothing makes.');
  checkShape(only, 'output', output.shape);
}

/** -1 stands for the number of pools, which the model must leave open. */
function checkShape(value: OnnxMessage, what: 'input' | 'output', shape: readonly number[]): void {
  const wanted = `[${shape.join(', ')}] of float32 is wanted.`;
  const [tensor] = value.messages.get('type')?.[0]?.messages.get('tensor_type') ?? [];
  if (tensor === undefined) refuse(what, `The ${what} is no tensor; ${wanted}`);
  if (last(tensor, 'elem_type') !== FLOAT32) refuse(what, `The ${what} is not of float32; ${wanted}`);
  const sizes = sizesOf(tensor);
  if (sizes.length !== shape.length) {
    refuse(what, `The ${what} has ${String(sizes.length)} dimensions; ${wanted}`);
  }
  const wrong = sizes.findIndex((size, index) => size !== shape[index]);
  if (wrong < 0) return;
  const found = sizes[wrong] === -1 ? 'open' : String(sizes[wrong]);
  refuse(what, `Dimension ${String(wrong)} of the ${what} is ${found}; ${wanted} ${hintFor(wrong)}`);
}

function sizesOf(tensor: OnnxMessage): number[] {
  const dimensions = tensor.messages.get('shape')?.[0]?.messages.get('dim') ?? [];
  return dimensions.map((dimension) =>
    dimension.counts.has('dim_value') ? last(dimension, 'dim_value') : -1,
  );
}

function hintFor(dimension: number): string {
  if (dimension > 0) return 'Every dimension but the first must have a fixed size.';
  return 'Export it with a dynamic first dimension (dynamic_axes, or None in initial_types).';
}
