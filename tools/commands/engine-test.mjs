import { build, compiledEntry } from '../bootstrap/build.mjs';
import { runChild } from '../bootstrap/child.mjs';
import { ensureInstalled, projectNode } from '../bootstrap/install.mjs';

/** Tries out an engine or a model as an upload would, without a running installation. */
export async function run(args) {
  await ensureInstalled();
  await build(['services/decision']);
  return runChild(projectNode(), [compiledEntry('services/decision/dist/engine-test/main.js'), ...args]);
}
