import protobuf from 'protobufjs/light.js';
import { EngineFailed } from './engine-failure.js';
import { ONNX_SCHEMA } from './onnx-schema.js';

/** A message as it was read. Lists of numbers are only counted, but for those whose values matter. */
export interface OnnxMessage {
  readonly messages: ReadonlyMap<string, readonly OnnxMessage[]>;
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly bytes: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  /** How many values each field of numbers has. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Model, graph, node, attribute, tensor, entry: nothing that is accepted nests deeper. */
const MAX_DEPTH = 7;
const MAX_MESSAGES = 500_000;
const MAX_TEXT_BYTES = 64 * 1024;
/** Kept of a field of numbers; a dimension list is short, weights are looked at by the runtime alone. */
const MAX_KEPT_NUMBERS = 16;

const WIRE_BYTES = 2;
const WIRE_OF: Readonly<Record<string, number>> = {
  int64: 0,
  uint64: 0,
  int32: 0,
  double: 1,
  string: WIRE_BYTES,
  bytes: WIRE_BYTES,
  float: 5,
};

/**
 * Reads a model without making anything of it: no generated code, no copies of weights, bounds on depth and number.
 * @throws EngineFailed for anything that is not the format, down to the last byte
 */
export function readOnnx(content: Uint8Array): OnnxMessage {
  const reader = new OnnxReader();
  try {
    return reader.read(
      ONNX_SCHEMA.lookupType('ModelProto'),
      protobuf.Reader.create(content),
      content.length,
      1,
    );
  } catch (error) {
    if (error instanceof EngineFailed) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw notOnnx(problem);
  }
}

class OnnxReader {
  #messages = 0;

  read(type: protobuf.Type, reader: protobuf.Reader, end: number, depth: number): OnnxMessage {
    if (depth > MAX_DEPTH)
      throw EngineFailed.refused('too-deep', 'The model nests deeper than the format needs.');
    this.#messages += 1;
    if (this.#messages > MAX_MESSAGES) {
      const limit = `${String(MAX_MESSAGES)} parts`;
      throw EngineFailed.refused('too-many-parts', `The model has more than ${limit}.`, limit);
    }
    const found = new Found();
    while (reader.pos < end) {
      const tag = reader.uint32();
      const field = type.fieldsById[tag >>> 3];
      if (field === undefined) throw notOnnx(`${type.name} has no field ${String(tag >>> 3)}`);
      this.#field({ field, wire: tag & 7, reader, end, depth }, found);
    }
    if (reader.pos !== end) throw notOnnx(`${type.name} is longer than it says`);
    return found;
  }

  #field(at: FieldRead, found: Found): void {
    const { field, wire, reader, end } = at;
    const { name, type } = field;
    const expected = WIRE_OF[type] ?? WIRE_BYTES;
    if (wire === expected && expected !== WIRE_BYTES) {
      found.number(name, numberFrom(reader, type));
      return;
    }
    if (wire !== expected && !(wire === WIRE_BYTES && field.repeated)) {
      throw notOnnx(`${name} has the wrong wire type`);
    }
    const length = reader.uint32();
    const stop = reader.pos + length;
    if (stop > end) throw notOnnx(`${name} reaches beyond its message`);
    if (expected === WIRE_BYTES) this.#delimited(at, stop, found);
    else readPacked(at, stop, found);
    if (!field.repeated) found.mustBeSingle(name);
  }

  #delimited({ field, reader, depth }: FieldRead, stop: number, found: Found): void {
    const { name, type, resolvedType } = field;
    if (resolvedType instanceof protobuf.Type) {
      found.message(name, this.read(resolvedType, reader, stop, depth + 1));
      return;
    }
    const bytes = reader.buf.subarray(reader.pos, stop);
    reader.pos = stop;
    if (type === 'string') found.text(name, textOf(name, bytes));
    else found.blob(name, bytes);
  }
}

function readPacked({ field: { name, type }, reader }: FieldRead, stop: number, found: Found): void {
  while (reader.pos < stop) found.number(name, numberFrom(reader, type));
  if (reader.pos !== stop) throw notOnnx(`${name} is longer than it says`);
}

interface FieldRead {
  readonly field: protobuf.Field;
  readonly wire: number;
  readonly reader: protobuf.Reader;
  readonly end: number;
  readonly depth: number;
}

class Found implements OnnxMessage {
  readonly messages = new Map<string, OnnxMessage[]>();
  readonly texts = new Map<string, string[]>();
  readonly bytes = new Map<string, Uint8Array[]>();
  readonly numbers = new Map<string, number[]>();
  readonly counts = new Map<string, number>();

  message(name: string, value: OnnxMessage): void {
    append(this.messages, name, value);
  }

  text(name: string, value: string): void {
    append(this.texts, name, value);
  }

  blob(name: string, value: Uint8Array): void {
    append(this.bytes, name, value);
  }

  number(name: string, value: number): void {
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    if (count <= MAX_KEPT_NUMBERS) append(this.numbers, name, value);
  }

  /** Twice the same field would be read by one program as the first and by another as the last. */
  mustBeSingle(name: string): void {
    for (const values of [this.messages.get(name), this.texts.get(name), this.bytes.get(name)]) {
      if (values !== undefined && values.length > 1) throw notOnnx(`${name} occurs twice`);
    }
  }
}

function append<T>(map: Map<string, T[]>, name: string, value: T): void {
  const values = map.get(name);
  if (values === undefined) map.set(name, [value]);
  else values.push(value);
}

function numberFrom(reader: protobuf.Reader, type: string): number {
  switch (type) {
    case 'float':
      return reader.float();
    case 'double':
      return reader.double();
    case 'int32':
      return reader.int32();
    case 'uint64':
      return Number(reader.uint64());
    default:
      return Number(reader.int64());
  }
}

function textOf(name: string, bytes: Uint8Array): string {
  if (bytes.length > MAX_TEXT_BYTES) {
    const limit = `${String(MAX_TEXT_BYTES)} bytes`;
    throw EngineFailed.refused('too-long', `The text ${name} is longer than ${limit}.`, limit);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notOnnx(`${name} is not text`);
  }
}

function notOnnx(problem: string): EngineFailed {
  return EngineFailed.refused(
    'not-onnx',
    `The file is not a whole ONNX model: ${problem}. Export it again; see docs/engines.md.`,
  );
}
