import { z } from 'zod';
import { EngineFailed } from './engine-failure.js';
import { MAX_MANIFEST_BYTES } from './engine-limits.js';
import { FEATURES } from './features.js';

const MAX_FEATURES = 256;
const MAX_GOLDEN_ROWS = 1_000;

const finite = z.number();
const tensorName = z.string().min(1).max(200);

const feature = z
  .strictObject({ name: z.string(), unit: z.string(), unknown: finite.optional() })
  .superRefine(({ name, unit }, context) => {
    const known = Object.hasOwn(FEATURES, name) ? FEATURES[name] : undefined;
    if (known === undefined) {
      const names = Object.keys(FEATURES).join(', ');
      context.addIssue({
        code: 'custom',
        path: ['name'],
        message: `there is no feature ${name}; there are ${names}`,
      });
    } else if (known.unit !== unit) {
      const message = `${name} is measured in ${known.unit}, not in ${unit}`;
      context.addIssue({ code: 'custom', path: ['unit'], message });
    }
  });

const manifestSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'lower case, digits and hyphens, at most 60'),
    version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+-]{0,29}$/, 'letters, digits, dots, at most 30'),
    description: z.string().max(2_000).default(''),
    /** The training set that it learned from, as this installation or another one recorded it. */
    training: z
      .strictObject({
        set: z.string().max(200),
        version: z.number().int().positive().optional(),
        sha256: z.string().max(64).optional(),
      })
      .optional(),
    /** How good it was where it was trained, by names of its own. */
    metrics: z.record(z.string().max(60), finite).optional(),
    /** Columns of the input, in this order. */
    features: z.array(feature).min(1).max(MAX_FEATURES),
    input: z.strictObject({
      name: tensorName,
      type: z.literal('float32'),
      shape: z.tuple([z.literal(-1), z.number().int().positive()]),
    }),
    output: z.strictObject({
      name: tensorName,
      type: z.literal('float32'),
      shape: z.union([z.tuple([z.literal(-1)]), z.tuple([z.literal(-1), z.literal(1)])]),
      /** Chance, 0 to 1, that a machine in the pool is taken back within the next hour. */
      meaning: z.literal('loss-probability-per-hour'),
    }),
    /** What the model must answer here as it did where it was trained. */
    golden: z.strictObject({
      input: z.array(z.array(finite)).min(1).max(MAX_GOLDEN_ROWS),
      output: z.array(finite.min(0).max(1)).min(1).max(MAX_GOLDEN_ROWS),
      tolerance: finite.positive().max(0.01).default(0.0001),
    }),
  })
  .superRefine(({ features, input, golden }, context) => {
    const columns = features.length;
    const complain = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    if (input.shape[1] !== columns)
      complain(['input', 'shape', 1], `must be ${String(columns)}, one per feature`);
    const bad = golden.input.findIndex((row) => row.length !== columns);
    if (bad >= 0) complain(['golden', 'input', bad], `must have ${String(columns)} numbers, one per feature`);
    if (golden.output.length !== golden.input.length)
      complain(['golden', 'output'], 'must have one number per row');
  });
export type ModelManifest = z.output<typeof manifestSchema>;

/** @throws EngineFailed that names the field */
export function manifestOf(text: string | null): ModelManifest {
  if (text === null) {
    throw EngineFailed.refused(
      'manifest',
      'A model needs a manifest beside it: a JSON file, see docs/engines.md.',
    );
  }
  if (text.length > MAX_MANIFEST_BYTES) {
    throw EngineFailed.refused(
      'manifest',
      `The manifest is longer than ${String(MAX_MANIFEST_BYTES)} characters.`,
    );
  }
  const parsed = manifestSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  throw EngineFailed.refused(
    'manifest',
    `Manifest, ${field || 'as a whole'}: ${issue?.message ?? 'not as documented'}`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw EngineFailed.refused('manifest', `The manifest is not JSON: ${problem}`);
  }
}
