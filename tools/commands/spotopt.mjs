import { build, compiledEntry } from '../bootstrap/build.mjs';
import { runChild } from '../bootstrap/child.mjs';
import { isCompiled } from '../bootstrap/fresh.mjs';
import { ensureInstalled, projectNode } from '../bootstrap/install.mjs';

/** What the tool is made of. */
const PARTS = ['packages/kernel', 'packages/contracts', 'packages/simulator', 'services/decision', 'cli'];

/** The command-line tool. */
export async function run(args) {
  await ensureInstalled();
  if (!isCompiled(PARTS)) await build(['cli']);
  return runChild(projectNode(), [compiledEntry('cli/dist/main.js'), ...args]);
}
