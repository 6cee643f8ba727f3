import { pathToFileURL } from 'node:url';
import { build, compiledEntry } from '../bootstrap/build.mjs';
import { runChild } from '../bootstrap/child.mjs';
import { ensureInstalled, projectNode } from '../bootstrap/install.mjs';

const load = (file) => import(pathToFileURL(compiledEntry(file)).href);

/** Whether one of the chosen benches wants servers; what is wrong with the arguments, the benches say. */
async function needsServers(args) {
  const { BENCHES } = await load('benchmarks/dist/catalogue.js');
  const { parseArguments } = await load('benchmarks/dist/arguments.js');
  try {
    const { help, chosen } = parseArguments(args, BENCHES);
    return !help && chosen.some((bench) => bench.needsServers);
  } catch {
    return false;
  }
}

/** Figures with their references; real servers are there for the benches that need them. */
export async function run(args) {
  await ensureInstalled();
  await build(['benchmarks']);
  const bench = [compiledEntry('benchmarks/dist/main.js'), ...args];
  if (!(await needsServers(args))) return runChild(projectNode(), bench);
  const provision = compiledEntry('packages/testkit/dist/servers/main.js');
  return runChild(projectNode(), [provision, '--', projectNode(), ...bench]);
}
