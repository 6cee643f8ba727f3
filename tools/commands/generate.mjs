import { build } from '../bootstrap/build.mjs';
import { runChild } from '../bootstrap/child.mjs';
import { ensureInstalled, projectNode } from '../bootstrap/install.mjs';
import { inRoot } from '../bootstrap/paths.mjs';

/** Schemas, reference pages and API documents from the sources that they describe. */
export async function run(args) {
  await ensureInstalled();
  await build();
  return runChild(projectNode(), [inRoot('tools', 'generate', 'main.mjs'), ...args]);
}
