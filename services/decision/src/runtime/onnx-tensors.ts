import { EngineFailed } from './engine-failure.js';
import type { OnnxMessage } from './onnx-file.js';

interface ElementType {
  readonly bytes: number;
  /** The field that holds the values when they are not raw. */
  readonly field: string;
}

/** Element types by their number in the format; texts and the very small ones are not taken. */
const ELEMENT_TYPES: Readonly<Record<number, ElementType>> = {
  1: { bytes: 4, field: 'float_data' },
  2: { bytes: 1, field: 'int32_data' },
  3: { bytes: 1, field: 'int32_data' },
  4: { bytes: 2, field: 'int32_data' },
  5: { bytes: 2, field: 'int32_data' },
  6: { bytes: 4, field: 'int32_data' },
  7: { bytes: 8, field: 'int64_data' },
  9: { bytes: 1, field: 'int32_data' },
  10: { bytes: 2, field: 'int32_data' },
  11: { bytes: 8, field: 'double_data' },
  12: { bytes: 4, field: 'uint64_data' },
  13: { bytes: 8, field: 'uint64_data' },
};

export const FLOAT32 = 1;
const MAX_RANK = 8;
const DATA_FIELDS = ['float_data', 'int32_data', 'int64_data', 'double_data', 'uint64_data'];

type Refuse = (reason: string, problem: string) => never;

/**
 * Whether a tensor holds exactly the values that its shape asks for, inside the file.
 * @returns how many they are
 * @throws EngineFailed
 */
export function checkTensor(tensor: OnnxMessage): number {
  const name = shown(tensor.texts.get('name')?.[0]);
  const refuse: Refuse = (reason, problem) => {
    throw EngineFailed.refused(reason, `The tensor ${name} ${problem}.`);
  };
  checkPlace(tensor, refuse);
  const type = ELEMENT_TYPES[last(tensor, 'data_type')];
  if (type === undefined) return refuse('type', 'has an element type that is not taken');
  const elements = elementsOf(tensor, refuse);
  const held = heldBy(tensor, type, refuse);
  if (held !== elements) {
    refuse('data', `has a shape for ${String(elements)} values and holds ${String(held)}`);
  }
  return elements;
}

function checkPlace(tensor: OnnxMessage, refuse: Refuse): void {
  if (tensor.messages.has('external_data') || last(tensor, 'data_location') !== 0) {
    refuse(
      'external-data',
      'lies in another file. Save the model with its weights inside (save_as_external_data=False)',
    );
  }
  if (tensor.bytes.has('segment')) refuse('segment', 'is cut into segments');
  if (tensor.bytes.has('string_data')) refuse('type', 'holds texts');
}

function heldBy(tensor: OnnxMessage, type: ElementType, refuse: Refuse): number {
  const raw = tensor.bytes.get('raw_data')?.[0];
  const given = DATA_FIELDS.filter((field) => (tensor.counts.get(field) ?? 0) > 0);
  if (raw !== undefined && given.length > 0) refuse('data', 'gives its values twice');
  if (given.some((field) => field !== type.field)) refuse('data', 'gives its values in the wrong field');
  return raw === undefined ? (tensor.counts.get(type.field) ?? 0) : raw.length / type.bytes;
}

function elementsOf(tensor: OnnxMessage, refuse: Refuse): number {
  const rank = tensor.counts.get('dims') ?? 0;
  if (rank > MAX_RANK) refuse('shape', `has ${String(rank)} dimensions`);
  let elements = 1;
  for (const size of tensor.numbers.get('dims') ?? []) {
    if (!Number.isSafeInteger(size) || size < 0) refuse('shape', 'has a dimension that is no size');
    elements *= size;
    if (!Number.isSafeInteger(elements)) refuse('shape', 'is larger than any memory');
  }
  return elements;
}

/** A field that occurs twice counts as its last, as parsers of the format have it. */
export function last(message: OnnxMessage, field: string): number {
  return message.numbers.get(field)?.at(-1) ?? 0;
}

/** Names come from a stranger. */
export function shown(name: string | undefined): string {
  return name !== undefined && /^[\w./:-]{1,120}$/.test(name) ? name : '(unnamed)';
}
