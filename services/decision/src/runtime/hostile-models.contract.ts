import { mulberry32 } from '@spotopt/testkit';
import {
  encodePart,
  FEATURES_OF_SAMPLE,
  floats,
  forestModel,
  ints,
  LOGISTIC,
  logisticModel,
  modelWith,
  node,
  type Part,
  port,
  type SampleParts,
} from './onnx-samples.contract.js';

export interface HostileModel {
  readonly name: string;
  readonly content: Uint8Array;
}

const SEED = 20_261_121;
const BYTES_VARINT = 'AttributeProto';

const bytes = (...parts: (string | readonly number[])[]): Uint8Array =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  );

const named = (name: string, parts: Partial<SampleParts>): HostileModel => ({
  name,
  content: modelWith({ ...LOGISTIC, ...parts }),
});

/** Valid up to the point where it is cut. */
function truncations(): HostileModel[] {
  return [logisticModel(), forestModel(4)].flatMap((whole, which) =>
    Array.from({ length: 25 }, (_, index) => {
      const length = Math.floor((whole.length * index) / 25);
      return {
        name: `model ${String(which)} cut after ${String(length)} bytes`,
        content: whole.slice(0, length),
      };
    }),
  );
}

/** One bit is wrong; some of these are refused by what the model answers, and some harm nothing. */
export function bitFlips(count: number): HostileModel[] {
  const random = mulberry32(SEED);
  return Array.from({ length: count }, () => {
    const content = Uint8Array.from(logisticModel());
    const at = Math.floor(random() * content.length);
    const bit = Math.floor(random() * 8);
    content[at] = (content[at] ?? 0) ^ (1 << bit);
    return { name: `bit ${String(bit)} of byte ${String(at)} flipped`, content };
  });
}

function noise(): HostileModel[] {
  const random = mulberry32(SEED + 1);
  return Array.from({ length: 20 }, (_, index) => {
    const content = Uint8Array.from({ length: 50 * (index + 1) }, () => Math.floor(random() * 256));
    return { name: `${String(content.length)} bytes of noise`, content };
  });
}

const FOREIGN: readonly HostileModel[] = [
  { name: 'empty', content: bytes() },
  ...[2, 3, 4, 5].map((protocol) => ({
    name: `pickle of protocol ${String(protocol)}`,
    content: bytes([0x80, protocol], 'cposix\nsystem\n(S"id"\ntR.'),
  })),
  { name: 'pickle of protocol 0', content: bytes('cposix\nsystem\n(S"id"\ntR.') },
  { name: 'archive of PyTorch', content: bytes('PK\x03\x04', new Array<number>(60).fill(0)) },
  { name: 'file of Keras', content: bytes('\x89HDF\r\n\x1a\n', new Array<number>(60).fill(0)) },
  { name: 'joblib with zlib', content: bytes([0x78, 0x9c], 'xyz') },
  { name: 'gzip', content: bytes([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]) },
  { name: 'JSON', content: bytes('{"weights":[1,2,3]}') },
  { name: 'Python', content: bytes('import os\nos.system("id")\n') },
  { name: 'ELF', content: bytes('\x7fELF\x02\x01\x01') },
  { name: 'WebAssembly', content: bytes('\0asm\x01\0\0\0') },
  { name: 'HTML', content: bytes('<html><script>alert(1)</script>') },
  { name: 'zero bytes', content: new Uint8Array(4096) },
  { name: 'ones', content: new Uint8Array(4096).fill(255) },
];

const OPERATORS =
  `If Loop Scan SequenceMap ConstantOfShape Expand Tile Resize Upsample Range Pad NonZero OneHot EyeLike
  Compress CenterCropPad ConvTranspose Einsum MaxUnpool GridSample AffineGrid Col2Im DFT STFT Unique RandomNormal
  RandomUniform RandomNormalLike Multinomial Bernoulli ZipMap StringConcat StringSplit RegexFullMatch ImageDecoder
  SequenceInsert SplitToSequence Optional LabelEncoder TfIdfVectorizer CategoryMapper DictVectorizer PyOp constructor
  __proto__ toString hasOwnProperty sigmoid`
    .trim()
    .split(/\s+/);

const operators = (): HostileModel[] =>
  OPERATORS.map((op) => named(`operator ${op}`, { node: [...LOGISTIC.node, node(op, ['logit'], ['more'])] }));

const DOMAINS = [
  'com.microsoft',
  'ai.onnx.contrib',
  'ai.onnx.training',
  'ai.onnx.preview.training',
  '__proto__',
  'x'.repeat(500),
];

const domains = (): HostileModel[] => [
  ...DOMAINS.map((domain) =>
    named(`opset of ${domain.slice(0, 30)}`, {
      model: { opset_import: [{ version: 17 }, { domain, version: 1 }] },
    }),
  ),
  ...[...DOMAINS, 'ai.onnx.ml'].map((domain) =>
    named(`operator of ${domain.slice(0, 30)}, not declared`, {
      node: [...LOGISTIC.node, node('Identity', ['logit'], ['more'], { domain })],
    }),
  ),
];

const withTensor = (name: string, tensor: Part): HostileModel[] => [
  named(`weights ${name}`, { initializer: [...LOGISTIC.initializer, { name: 'extra', ...tensor }] }),
  named(`constant ${name}`, {
    node: [
      ...LOGISTIC.node,
      node('Constant', [], ['extra'], { attribute: [{ name: 'value', t: tensor, type: 4 }] }),
    ],
  }),
];

const HUGE = '4611686018427387904';

const tensors = (): HostileModel[] => [
  ...['../../../etc/passwd', '/etc/shadow', 'weights.bin', ''].flatMap((location) =>
    withTensor(`outside, in "${location}"`, {
      ...floats('x', [1], [1]),
      external_data: [{ key: 'location', value: location }],
    }),
  ),
  ...withTensor('of another place', { ...floats('x', [1], [1]), data_location: 1 }),
  ...withTensor('with too few values', floats('x', [5], [1])),
  ...withTensor('with too many values', floats('x', [1], [1, 2, 3])),
  ...withTensor('with half a value', { ...floats('x', [1], [1]), raw_data: Buffer.alloc(3) }),
  ...withTensor('of negative size', { ...floats('x', [-1], []), dims: [-1] }),
  ...withTensor('of a giant size', { ...floats('x', [1], [1]), dims: [HUGE] }),
  ...withTensor('whose size overflows to one', { ...floats('x', [1], [1]), dims: [HUGE, HUGE, 1] }),
  ...withTensor('whose size overflows to nothing', {
    ...floats('x', [1], []),
    dims: [4_294_967_296, 4_294_967_296],
  }),
  ...withTensor('of many dimensions', { ...floats('x', [1], [1]), dims: new Array<number>(2_000).fill(1) }),
  ...withTensor('of no type', { ...floats('x', [1], [1]), data_type: 0 }),
  ...withTensor('of an unknown type', { ...floats('x', [1], [1]), data_type: 99 }),
  ...withTensor('of texts', { dims: [1], data_type: 8, string_data: [Buffer.from('x')] }),
  ...withTensor('given twice', { ...floats('x', [1], [1]), float_data: [1] }),
  ...withTensor('in the wrong field', { dims: [1], data_type: 1, int64_data: [1] }),
  ...withTensor('in segments', { ...floats('x', [1], [1]), segment: Buffer.from([8, 0]) }),
];

const graphs = (): HostileModel[] => [
  named('weights twice', { initializer: [...LOGISTIC.initializer, floats('bias', [1], [0])] }),
  named('weights without a name', { initializer: [...LOGISTIC.initializer, floats('', [1], [0])] }),
  named('a value made twice', { node: [...LOGISTIC.node, node('Relu', ['logit'], ['linear'])] }),
  named('an input overwritten', { node: [...LOGISTIC.node, node('Relu', ['logit'], ['features'])] }),
  named('a value that nothing makes', { node: [...LOGISTIC.node, node('Relu', ['nowhere'], ['more'])] }),
  named('operators in a circle', {
    node: [node('Relu', ['b'], ['a']), node('Relu', ['a'], ['b']), ...LOGISTIC.node],
  }),
  named('an operator that reads itself', { node: [...LOGISTIC.node, node('Relu', ['self'], ['self'])] }),
  named('an output that nothing makes', { output: [port('loss', [-1, 1]), port('ghost', [-1, 1])] }),
  named('no operators', { node: [] }),
  named('a subgraph', {
    node: [
      ...LOGISTIC.node,
      node('Relu', ['logit'], ['more'], { attribute: [{ name: 'body', type: 5, g: Buffer.from([10, 0]) }] }),
    ],
  }),
  named('subgraphs', {
    node: [
      ...LOGISTIC.node,
      node('Relu', ['logit'], ['more'], {
        attribute: [{ name: 'body', type: 10, graphs: [Buffer.from([10, 0])] }],
      }),
    ],
  }),
  named('a sparse attribute', {
    node: [
      ...LOGISTIC.node,
      node('Constant', [], ['more'], {
        attribute: [{ name: 'sparse_value', type: 11, sparse_tensor: Buffer.alloc(2) }],
      }),
    ],
  }),
  named('an attribute of a function', {
    node: [
      ...LOGISTIC.node,
      node('Relu', ['logit'], ['more'], { attribute: [{ name: 'x', type: 1, ref_attr_name: 'y' }] }),
    ],
  }),
  named('an overload', { node: [...LOGISTIC.node, node('Relu', ['logit'], ['more'], { overload: 'x' })] }),
  named('a device', {
    node: [...LOGISTIC.node, node('Relu', ['logit'], ['more'], { device_configurations: [Buffer.alloc(2)] })],
  }),
  named('sparse weights', { graph: { sparse_initializer: [Buffer.alloc(2)] } }),
  named('functions', { model: { functions: [encodePart('NodeProto', node('Relu', ['x'], ['y']))] } }),
  named('training', { model: { training_info: [Buffer.alloc(2)] } }),
  named('too many operators', {
    node: [
      ...LOGISTIC.node,
      ...Array.from({ length: 20_001 }, (_, i) => node('Relu', ['logit'], [`n${String(i)}`])),
    ],
  }),
  named('a giant name', { graph: { doc_string: 'x'.repeat(70_000) } }),
];

const ports = (): HostileModel[] => [
  ...[0, 2, 14, 9_999].map((version) =>
    named(`IR version ${String(version)}`, { model: { ir_version: version } }),
  ),
  ...[0, 6, 26, 9_999].map((version) =>
    named(`opset ${String(version)}`, { model: { opset_import: [{ domain: '', version }] } }),
  ),
  named('no opset', { model: { opset_import: [] } }),
  named('two opsets', { model: { opset_import: [{ version: 17 }, { domain: 'ai.onnx', version: 13 }] } }),
  named('another input', { input: [port('other', [-1, FEATURES_OF_SAMPLE])] }),
  named('no input', { input: [] }),
  named('two inputs', { input: [port('features', [-1, FEATURES_OF_SAMPLE]), port('more', [-1, 1])] }),
  named('input of doubles', { input: [port('features', [-1, FEATURES_OF_SAMPLE], 11)] }),
  named('input of texts', { input: [port('features', [-1, FEATURES_OF_SAMPLE], 8)] }),
  named('input of one row', { input: [port('features', [1, FEATURES_OF_SAMPLE])] }),
  named('input of open width', { input: [port('features', [-1, -1])] }),
  named('input of another width', { input: [port('features', [-1, 99])] }),
  named('input of three dimensions', { input: [port('features', [-1, FEATURES_OF_SAMPLE, 1])] }),
  named('input without a shape', { input: [{ name: 'features', type: { tensor_type: { elem_type: 1 } } }] }),
  named('input that is a sequence', {
    input: [{ name: 'features', type: { sequence_type: Buffer.alloc(2) } }],
  }),
  named('another output', { output: [port('linear', [-1, 1])] }),
  named('no output', { output: [] }),
  named('the output twice', { output: [port('loss', [-1, 1]), port('loss', [-1, 1])] }),
  named('output of integers', { output: [port('loss', [-1, 1], 7)] }),
  named('output of open width', { output: [port('loss', [-1, -1])] }),
  named('output of two columns', { output: [port('loss', [-1, 2])] }),
  named('output of one number', { output: [port('loss', [])] }),
  named('output that is a map', { output: [{ name: 'loss', type: { map_type: Buffer.alloc(2) } }] }),
  named('output that is a sparse tensor', {
    output: [{ name: 'loss', type: { sparse_tensor_type: Buffer.alloc(2) } }],
  }),
];

/** Bytes that no encoder writes. */
function broken(): HostileModel[] {
  const good = logisticModel();
  const tail = (name: string, ...more: number[]): HostileModel => ({
    name,
    content: Buffer.concat([good, Buffer.from(more)]),
  });
  return [
    tail('an unknown field', 0xf8, 0x07, 1),
    tail('a group', 0x0b, 0x0c),
    tail('a length beyond the end', 0x3a, 0xff, 0xff, 0xff, 0x7f),
    tail('a varint without end', ...new Array<number>(20).fill(0xff)),
    tail('a second graph', 0x3a, 0),
    tail('field number zero', 0, 0),
    tail('text that is no text', 0x12, 2, 0xc3, 0x28),
    { name: 'the graph alone', content: encodePart('GraphProto', { name: 'x', node: [...LOGISTIC.node] }) },
    { name: 'an attribute alone', content: encodePart(BYTES_VARINT, { name: 'x', i: 5, type: 2 }) },
  ];
}

/** Refused before anything runs them. */
export function refusedModels(): HostileModel[] {
  return [
    ...FOREIGN,
    ...truncations(),
    ...noise(),
    ...operators(),
    ...domains(),
    ...tensors(),
    ...graphs(),
    ...ports(),
    ...broken(),
  ];
}

const SUM = (input: string): Part =>
  node('ReduceSum', [input], ['sum'], { attribute: [{ name: 'keepdims', i: 1, type: 2 }] });
const wide = (name: string, rows: number, columns: number): Part =>
  floats(name, [rows, columns], new Array<number>(rows * columns).fill(0.001));

/** A chain in which each value is twice as large as the one before. */
const doubling = (steps: number): Part[] =>
  Array.from({ length: steps }, (_, index) => {
    const from = index === 0 ? 'features' : `d${String(index - 1)}`;
    return node('Concat', [from, from], [`d${String(index)}`], {
      attribute: [{ name: 'axis', i: 0, type: 2 }],
    });
  });

const thenSum = (...nodes: Part[]): Part[] => [
  ...nodes,
  SUM('big'),
  node('Add', ['sum', 'logit'], ['late']),
  node('Sigmoid', ['late'], ['loss']),
];
const LINEAR = LOGISTIC.node.slice(0, 2);

/** Well formed, and harmful or wrong only when they run. */
export function runtimeModels(): HostileModel[] {
  const answer = (name: string, ...nodes: Part[]): HostileModel =>
    named(name, { node: [...LINEAR, ...nodes] });
  const withWeights = (name: string, initializer: readonly Part[], nodes: Part[]): HostileModel => ({
    name,
    content: modelWith({
      node: [...LINEAR, ...nodes],
      initializer: [...LOGISTIC.initializer, ...initializer],
    }),
  });
  return [
    answer(
      'answers that are no numbers',
      node('Sub', ['logit', 'logit'], ['zero']),
      node('Div', ['zero', 'zero'], ['loss']),
    ),
    answer(
      'answers without end',
      node('Sub', ['logit', 'logit'], ['zero']),
      node('Div', ['logit', 'zero'], ['loss']),
    ),
    answer('answers below zero', node('Identity', ['logit'], ['loss'])),
    answer('answers above one', node('Exp', ['logit'], ['e']), node('Exp', ['e'], ['loss'])),
    answer(
      'one answer for all',
      node('ReduceMean', ['logit'], ['mean']),
      node('Sigmoid', ['mean'], ['loss']),
    ),
    answer(
      'more answers than rows',
      node('Concat', ['logit', 'logit'], ['two'], { attribute: [{ name: 'axis', i: 0, type: 2 }] }),
      node('Sigmoid', ['two'], ['loss']),
    ),
    withWeights(
      'matrices that do not fit',
      [wide('odd', 7, 2)],
      [node('MatMul', ['features', 'odd'], ['m']), node('Sigmoid', ['m'], ['loss'])],
    ),
    withWeights(
      'a shape that does not fit',
      [ints('shape', [2], [17, 19])],
      [node('Reshape', ['logit', 'shape'], ['m']), node('Sigmoid', ['m'], ['loss'])],
    ),
    withWeights(
      'an index beyond the end',
      [ints('index', [1], [10_000_000])],
      [node('Gather', ['logit', 'index'], ['m']), node('Sigmoid', ['m'], ['loss'])],
    ),
    withWeights(
      'a product of gigabytes',
      [wide('a', 60_000, 1), wide('b', 1, 60_000)],
      thenSum(node('MatMul', ['a', 'b'], ['big'])),
    ),
    withWeights(
      'a sum that is spread over gigabytes',
      [wide('a', 60_000, 1), wide('b', 1, 60_000)],
      thenSum(node('Add', ['a', 'b'], ['big'])),
    ),
    { name: 'trees that lead back to their root', content: forestModel(4, () => 0) },
    { name: 'trees that lead nowhere', content: forestModel(4, () => 1_000_000) },
    {
      name: 'values that double forty times',
      content: modelWith({
        node: [...LINEAR, ...doubling(40), ...thenSum(node('Identity', ['d39'], ['big']))],
        initializer: LOGISTIC.initializer,
      }),
    },
    withWeights(
      'products that take for ever',
      [wide('a', 3_000, 3_000)],
      thenSum(
        ...Array.from({ length: 60 }, (_, index) =>
          node('MatMul', ['a', index === 0 ? 'grown' : `p${String(index - 1)}`], [`p${String(index)}`]),
        ).flatMap((part, index) =>
          index === 0
            ? [node('ReduceMean', ['logit'], ['one']), node('Add', ['a', 'one'], ['grown']), part]
            : [part],
        ),
        node('Identity', ['p59'], ['big']),
      ),
    ),
  ];
}
