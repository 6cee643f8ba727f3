import { readFileSync } from 'node:fs';
import { AppError } from '@spotopt/kernel';
import type { z } from 'zod';
import { hideUrlCredentials } from './redact.js';
import { envNameOf, settingMeta } from './settings.js';
import type { SettingMeta } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigProblem {
  /** Name of the environment variable. */
  readonly name: string;
  /** Null when it is missing; hidden when it is a secret. */
  readonly value: string | null;
  readonly expected: string;
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

interface Source {
  readonly name: string;
  readonly value: string | undefined;
  readonly problem?: ConfigProblem;
}

/** The settings of a schema, by key. */
export function shapeOf(schema: z.ZodType): Shape {
  const def: unknown = schema.def;
  const shape: unknown = typeof def === 'object' && def !== null ? Reflect.get(def, 'shape') : undefined;
  if (typeof shape !== 'object' || shape === null) {
    throw AppError.bug('config-schema', 'a settings schema must be a z.object of settings');
  }
  return shape as Shape;
}

function readSource(name: string, secret: boolean, env: Environment): Source {
  const value = env[name];
  const fileName = `${name}_FILE`;
  const path = env[fileName];
  if (!secret || path === undefined || path === '') return { name, value };
  if (value !== undefined && value !== '') {
    return {
      name,
      value: undefined,
      problem: { name: fileName, value: path, expected: `only one of ${name} and ${fileName}` },
    };
  }
  try {
    return { name, value: readFileSync(path, 'utf8').trim() };
  } catch {
    return { name, value: undefined, problem: { name: fileName, value: path, expected: 'a readable file' } };
  }
}

function shown(value: string | undefined, meta: SettingMeta | undefined): string | null {
  if (value === undefined || value.trim() === '') return null;
  if (meta?.secret !== true) return hideUrlCredentials(value);
  return meta.url === true && URL.canParse(value) ? hideUrlCredentials(value) : '(hidden)';
}

/**
 * The settings of `schema` from environment variables: key `httpPort` from `HTTP_PORT`, a secret also from
 * the file named by `<NAME>_FILE`. An empty variable counts as absent.
 * @throws AppError `config-invalid` (permanent) with every problem at once in `details.problems`
 */
export function loadConfig<Config>(schema: z.ZodType<Config>, env: Environment): Config {
  const shape = shapeOf(schema);
  const input: Record<string, string> = {};
  const sources = new Map<string, Source>();
  const problems: ConfigProblem[] = [];
  for (const [key, keySchema] of Object.entries(shape)) {
    const source = readSource(envNameOf(key), settingMeta(keySchema)?.secret ?? false, env);
    sources.set(key, source);
    if (source.problem !== undefined) problems.push(source.problem);
    if (source.value !== undefined && source.value.trim() !== '') input[key] = source.value;
  }
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const key = String(issue.path[0] ?? '');
      const source = sources.get(key);
      if (source?.problem !== undefined) continue;
      const name = source?.name ?? 'settings';
      if (problems.some((problem) => problem.name === name)) continue;
      const meta = shape[key] === undefined ? undefined : settingMeta(shape[key]);
      problems.push({ name, value: shown(source?.value, meta), expected: meta?.expected ?? issue.message });
    }
  }
  if (parsed.success && problems.length === 0) return Object.freeze(parsed.data);
  throw configError(problems);
}

/** One error from several groups of settings, so that a user repairs everything in one go. */
export function loadConfigs<A, B>(first: z.ZodType<A>, second: z.ZodType<B>, env: Environment): [A, B] {
  const problems: ConfigProblem[] = [];
  const attempt = <C>(schema: z.ZodType<C>): C | undefined => {
    try {
      return loadConfig(schema, env);
    } catch (error) {
      const found = configProblems(error);
      if (found === undefined) throw error;
      problems.push(...found);
      return undefined;
    }
  };
  const [a, b] = [attempt(first), attempt(second)];
  if (a === undefined || b === undefined) throw configError(problems);
  return [a, b];
}

function describe(problem: ConfigProblem): string {
  const found = problem.value === null ? 'is not set' : `is ${JSON.stringify(problem.value)}`;
  return `  ${problem.name} ${found}; expected ${problem.expected}`;
}

function configError(problems: readonly ConfigProblem[]): AppError {
  const count = problems.length === 1 ? '1 problem' : `${String(problems.length)} problems`;
  const message = [`The configuration cannot be used (${count}):`, ...problems.map(describe)].join('\n');
  return AppError.permanent('config-invalid', message, { details: { problems } });
}

/** The problems of a `config-invalid` error; undefined for any other error. */
export function configProblems(error: unknown): readonly ConfigProblem[] | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'config-invalid') return undefined;
  const { details } = error as AppError;
  return details['problems'] as readonly ConfigProblem[];
}
