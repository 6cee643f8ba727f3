import { build } from '../bootstrap/build.mjs';
import { captureChild } from '../bootstrap/child.mjs';
import { ensureInstalled, projectNode } from '../bootstrap/install.mjs';
import { JEST, inRoot } from '../bootstrap/paths.mjs';
import { UserError, secondsSince } from '../bootstrap/progress.mjs';

const AT_THE_SAME_TIME = 2;

const module = (...parts) => inRoot('node_modules', ...parts);
const tool = (...parts) => inRoot('tools', ...parts);

/** The slowest first, so that the rest runs beside it. */
const CHECKS = [
  ['lint', [module('eslint', 'bin', 'eslint.js'), '.']],
  [
    'formatting',
    [
      module('prettier', 'bin', 'prettier.cjs'),
      '--check',
      '--log-level',
      'warn',
      '--cache',
      '--cache-location',
      '.cache/prettier',
      '.',
    ],
  ],
  ['dead code', [module('knip', 'bin', 'knip.js'), '--no-progress', '--no-config-hints']],
  [
    'boundaries',
    [
      module('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
      ...[
        '--config',
        '.dependency-cruiser.cjs',
        'packages',
        'services',
        'standalone',
        'cli',
        'tests',
        'benchmarks',
      ],
    ],
  ],
  [
    'planted breaches',
    [JEST, '--rootDir', '.', 'tools/boundaries'],
    { NODE_OPTIONS: '--experimental-vm-modules' },
  ],
  ['generated files', [tool('generate', 'main.mjs'), '--check']],
  ['event compatibility', [tool('compat', 'main.mjs')]],
  ['manifests', [tool('manifests', 'main.mjs')]],
  ['file sizes', [tool('file-sizes', 'main.mjs')]],
];

function report(name, ok, startedAt, output) {
  console.log(`${ok ? 'ok    ' : 'failed'} ${name.padEnd(20)} ${secondsSince(startedAt)}`);
  if (!ok) console.log(output.trimEnd().replace(/^/gm, '       '));
}

async function runCheck([name, args, env = {}]) {
  const startedAt = performance.now();
  const { code, output } = await captureChild(projectNode(), args, { env });
  report(name, code === 0, startedAt, output);
  return code === 0;
}

async function checkTypes() {
  const startedAt = performance.now();
  try {
    await build();
    report('types', true, startedAt, '');
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    report('types', false, startedAt, error.message);
    return false;
  }
}

/** Everything that can be said about the sources without running the product. */
export async function run(args) {
  await ensureInstalled();
  const chosen = CHECKS.filter(([name]) => args.length === 0 || args.includes(name));
  if (chosen.length === 0) throw new UserError(`checks: ${CHECKS.map(([name]) => name).join(', ')}`);
  const results = [await checkTypes()];
  const waiting = [...chosen];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results.push(await runCheck(next));
  };
  await Promise.all(Array.from({ length: AT_THE_SAME_TIME }, lane));
  const failed = results.filter((ok) => !ok).length;
  console.log(failed === 0 ? 'check: all ok' : `check: ${failed} of ${results.length} failed`);
  return failed === 0 ? 0 : 1;
}
