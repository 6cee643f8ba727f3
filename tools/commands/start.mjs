import { build, compiledEntry } from '../bootstrap/build.mjs';
import { runChild } from '../bootstrap/child.mjs';
import { ensureInstalled, projectNode } from '../bootstrap/install.mjs';

/** Everything in one process, on SQLite and the in-process bus. */
export async function run(args) {
  await ensureInstalled();
  await build(['standalone']);
  return runChild(projectNode(), [compiledEntry('standalone/dist/main.js'), ...args]);
}
