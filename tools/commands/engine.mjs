import { build, compiledEntry } from '../bootstrap/build.mjs';
import { runChild } from '../bootstrap/child.mjs';
import { isCompiled } from '../bootstrap/fresh.mjs';
import { ensureInstalled, projectNode } from '../bootstrap/install.mjs';

/** What the engine is made of; a caller starts it once per scenario. */
const PARTS = ['packages/kernel', 'packages/contracts', 'services/decision', 'cli'];

/** An engine that speaks JSON lines: only the program itself writes to standard output. */
export async function run(args) {
  await ensureInstalled();
  if (!isCompiled(PARTS)) await build(['cli']);
  return runChild(projectNode(), [compiledEntry('cli/dist/engine/main.js'), ...args]);
}
