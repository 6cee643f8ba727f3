import { z } from 'zod';

/** What a setting says about itself: printed when it is wrong, and in the generated reference. */
export interface SettingMeta {
  readonly description: string;
  /** What a right value looks like. */
  readonly expected: string;
  /** Never printed; may also be given as a file, in `<NAME>_FILE`. */
  readonly secret: boolean;
  /** A connection URL may be printed once its credentials are hidden. */
  readonly url?: boolean;
}

const metas = z.registry<SettingMeta>();

/** The description of one key of a settings schema, looked up through defaults and optionals. */
export function settingMeta(schema: z.core.$ZodType): SettingMeta | undefined {
  const own = metas.get(schema);
  if (own !== undefined) return own;
  const inner = (schema._zod.def as { innerType?: z.core.$ZodType }).innerType;
  return inner === undefined ? undefined : settingMeta(inner);
}

function described<S extends z.ZodType>(schema: S, meta: SettingMeta): S {
  metas.add(schema, meta);
  return schema;
}

function numberFrom(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  return text === '' ? undefined : Number(text);
}

function textFrom(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  return text === '' ? undefined : text;
}

function flagFrom(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const known: Readonly<Record<string, boolean>> = {
    true: true,
    '1': true,
    yes: true,
    false: false,
    '0': false,
    no: false,
  };
  return known[value.trim().toLowerCase()] ?? value;
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

function rangeText({ min, max }: Range): string {
  if (min !== undefined && max !== undefined) return ` from ${String(min)} to ${String(max)}`;
  if (min !== undefined) return ` of at least ${String(min)}`;
  return max === undefined ? '' : ` of at most ${String(max)}`;
}

function isUrlWith(protocols: readonly string[]): (value: string) => boolean {
  return (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.replace(':', ''));
}

/**
 * Kinds of settings. Each takes the text of an environment variable as well as a value of its own type,
 * so that a program which embeds a service can pass values. Add `.default(…)` or `.optional()` as needed.
 */
export const setting = {
  text: (description: string, expected = 'text'): z.ZodType<string> =>
    described(z.preprocess(textFrom, z.string()), { description, expected, secret: false }),

  secret: (description: string, expected = 'a secret'): z.ZodType<string> =>
    described(z.preprocess(textFrom, z.string()), { description, expected, secret: true }),

  /** A URL of one of `protocols`; its credentials are never printed. */
  url: (description: string, protocols: readonly string[], example: string): z.ZodType<string> =>
    described(z.preprocess(textFrom, z.string().refine(isUrlWith(protocols))), {
      description,
      expected: `a URL like ${example}`,
      secret: true,
      url: true,
    }),

  integer: (description: string, range: Range = {}): z.ZodType<number> =>
    described(
      z.preprocess(
        numberFrom,
        z
          .number()
          .int()
          .min(range.min ?? Number.MIN_SAFE_INTEGER)
          .max(range.max ?? Number.MAX_SAFE_INTEGER),
      ),
      { description, expected: `a whole number${rangeText(range)}`, secret: false },
    ),

  number: (description: string, range: Range = {}): z.ZodType<number> =>
    described(
      z.preprocess(
        numberFrom,
        z
          .number()
          .min(range.min ?? -Number.MAX_VALUE)
          .max(range.max ?? Number.MAX_VALUE),
      ),
      { description, expected: `a number${rangeText(range)}`, secret: false },
    ),

  flag: (description: string): z.ZodType<boolean> =>
    described(z.preprocess(flagFrom, z.boolean()), { description, expected: 'true or false', secret: false }),

  oneOf: <const Values extends readonly [string, ...string[]]>(
    description: string,
    values: Values,
  ): z.ZodType<Values[number]> =>
    described(z.preprocess(textFrom, z.enum(values)), {
      description,
      expected: `one of ${values.join(', ')}`,
      secret: false,
    }),

  instant: (description: string): z.ZodType<string> =>
    described(z.preprocess(textFrom, z.iso.datetime()), {
      description,
      expected: 'a UTC time like 2026-01-01T00:00:00Z',
      secret: false,
    }),
};

/** `httpPort` is set by `HTTP_PORT`. */
export function envNameOf(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}
