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
  return meta.url === true && value.includes('://') ? hideUrlCredentials(value) : '(hidden)';
}

interface Given {
  readonly shape: Shape;
  readonly sources: ReadonlyMap<string, Source>;
}

function readSources(schema: z.ZodType, env: Environment): Given {
  const shape = shapeOf(schema);
  const read = ([key, keySchema]: [string, z.core.$ZodType]): [string, Source] => {
    const secret = settingMeta(keySchema)?.secret ?? false;
    return [key, readSource(envNameOf(key), secret, env)];
  };
  return { shape, sources: new Map(Object.entries(shape).map(read)) };
}

function inputOf({ sources }: Given): Record<string, string> {
  const input: Record<string, string> = {};
  for (const [key, { value }] of sources) {
    if (value !== undefined && value.trim() !== '') input[key] = value;
  }
  return input;
}

function problemOf(key: string, { shape, sources }: Given, issue: z.core.$ZodIssue): ConfigProblem {
  const source = sources.get(key);
  const meta = shape[key] === undefined ? undefined : settingMeta(shape[key]);
  return {
    name: source?.name ?? key,
    value: shown(source?.value, meta),
    expected: meta?.expected ?? issue.message,
  };
}

/** One problem per variable: that of its file, else the first that the schema found. */
function problemsOf(given: Given, issues: readonly z.core.$ZodIssue[]): ConfigProblem[] {
  const byKey = new Map<string, ConfigProblem>();
  for (const [key, { problem }] of given.sources) {
    if (problem !== undefined) byKey.set(key, problem);
  }
  for (const issue of issues) {
    const key = String(issue.path[0] ?? 'settings');
    if (!byKey.has(key)) byKey.set(key, problemOf(key, given, issue));
  }
  return [...byKey.values()];
}

/**
 * The settings of `schema` from environment variables: key `httpPort` from `HTTP_PORT`, a secret also from
 * the file named by `<NAME>_FILE`. An empty variable counts as absent.
 * @throws AppError `config-invalid` (permanent) with every problem at once in `details.problems`
 */
export function loadConfig<Config>(schema: z.ZodType<Config>, env: Environment): Config {
  const given = readSources(schema, env);
  const parsed = schema.safeParse(inputOf(given));
  const problems = problemsOf(given, parsed.error?.issues ?? []);
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
