import { build, compiledEntry } from '../bootstrap/build.mjs';
import { runChild } from '../bootstrap/child.mjs';
import { ensureInstalled, projectNode } from '../bootstrap/install.mjs';

/** Plays one story and judges it; `--distributed` gets it real servers first. */
export async function run(args) {
  await ensureInstalled();
  await build(['tests']);
  const scenario = [compiledEntry('tests/dist/scenario/main.js'), ...args];
  if (!args.includes('--distributed')) return runChild(projectNode(), scenario);
  const provision = compiledEntry('packages/testkit/dist/servers/main.js');
  return runChild(projectNode(), [provision, '--', projectNode(), ...scenario]);
}
