import { safeParse } from 'zod';
import type { z } from 'zod';
import { shapeOf } from './config.js';
import { envNameOf, settingMeta } from './settings.js';

export interface SettingDescription {
  /** Name of the environment variable. */
  readonly name: string;
  readonly description: string;
  readonly expected: string;
  readonly secret: boolean;
  /** False when there is a default or the setting may be absent. */
  readonly required: boolean;
  readonly defaultText: string | undefined;
}

function defaultText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The settings of a schema in the words of its author, for the generated reference. */
export function describeSettings(schema: z.ZodType): readonly SettingDescription[] {
  return Object.entries(shapeOf(schema)).map(([key, keySchema]) => {
    const meta = settingMeta(keySchema);
    const absent = safeParse(keySchema, undefined);
    return {
      name: envNameOf(key),
      description: meta?.description ?? '',
      expected: meta?.expected ?? '',
      secret: meta?.secret ?? false,
      required: !absent.success,
      defaultText: defaultText(absent.data),
    };
  });
}
