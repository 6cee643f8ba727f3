import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { captureChild } from './child.mjs';
import { TSC, inRoot } from './paths.mjs';
import { UserError, progress, secondsSince } from './progress.mjs';
import { projectNode } from './install.mjs';

const OUTPUT = /\.(js|js\.map|d\.ts)$/;

/** Folders of the workspaces, as the root package.json lists them: `folder` or `folder/*`. */
export function workspaceFolders() {
  const { workspaces } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  return workspaces
    .flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -2);
      return readdirSync(inRoot(parent)).map((name) => `${parent}/${name}`);
    })
    .filter((folder) => existsSync(inRoot(folder, 'package.json')))
    .sort();
}

/** Removes compiled files whose source is gone, so that a deleted test does not run for ever. */
function removeOrphans() {
  for (const folder of workspaceFolders()) {
    if (!existsSync(inRoot(folder, 'dist'))) continue;
    for (const file of readdirSync(inRoot(folder, 'dist'), { recursive: true })) {
      if (!OUTPUT.test(file)) continue;
      const source = inRoot(folder, 'src', file.replace(OUTPUT, ''));
      const known = ['.ts', '.tsx', '.mts'].some((ending) => existsSync(source + ending));
      if (!known) rmSync(inRoot(folder, 'dist', file));
    }
  }
}

/**
 * Compiles what changed.
 * @param {readonly string[]} projects folders with a tsconfig.json; all when empty
 */
export async function build(projects = []) {
  const startedAt = performance.now();
  const first = !existsSync(inRoot('packages', 'kernel', 'dist'));
  if (first) progress('compiling …');
  else removeOrphans();
  const { code, output } = await captureChild(projectNode(), [TSC, '-b', ...projects]);
  if (code !== 0) throw new UserError(`${output.trim()}\nThe sources do not compile.`);
  if (first) progress(`compiled in ${secondsSince(startedAt)}`);
}

/** @param {string} file compiled entry, relative to the root */
export function compiledEntry(file) {
  const path = inRoot(file);
  if (!existsSync(path))
    throw new UserError(`${join(dirname(file), '…')} was not compiled: ${file} is missing.`);
  return path;
}
