import { build, compiledEntry } from '../bootstrap/build.mjs';
import { runChild } from '../bootstrap/child.mjs';
import { ensureInstalled, projectNode } from '../bootstrap/install.mjs';

/** Whether a standalone run stored exactly the rows of the price file that it replayed. */
export async function run(args) {
  await ensureInstalled();
  await build(['tests']);
  return runChild(projectNode(), [compiledEntry('tests/dist/replay/main.js'), ...args]);
}
