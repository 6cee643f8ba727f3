import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot } from './paths.mjs';

const SOURCE = /\.(ts|json)$/;
const SKIPPED = new Set(['dist', 'node_modules', 'fixtures', 'schemas']);

function newestSourceMs(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) newest = Math.max(newest, newestSourceMs(path));
    } else if (SOURCE.test(entry.name)) newest = Math.max(newest, statSync(path).mtimeMs);
  }
  return newest;
}

/**
 * Whether these projects were compiled after their last change, so that a program that starts often need not ask
 * the compiler. What is not sure counts as not compiled.
 * @param {readonly string[]} projects folders with a tsconfig.json, and all that they refer to
 */
export function isCompiled(projects) {
  return projects.every((project) => {
    const record = inRoot(project, 'dist', '.tsbuildinfo');
    return existsSync(record) && statSync(record).mtimeMs >= newestSourceMs(inRoot(project));
  });
}
