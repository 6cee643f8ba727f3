import { AppError } from '@spotopt/kernel';
import type { EngineRunner } from './ports.js';

/**
 * The built-in engines of a list of names with commas between them; `none` for none.
 * @throws AppError `unknown-engine` (permanent) that says which ones there are
 */
export function enginesNamed(list: string, builtins: readonly EngineRunner[]): EngineRunner[] {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'none');
  return [...new Set(names)].map((name) => {
    const engine = builtins.find(({ ref }) => ref.name === name);
    if (engine !== undefined) return engine;
    const known = builtins.map(({ ref }) => ref.name).join(', ');
    throw AppError.permanent(
      'unknown-engine',
      `SHADOW_ENGINES names ${name}, but the built-in engines are ${known}`,
    );
  });
}
