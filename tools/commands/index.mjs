import { UserError, progress } from '../bootstrap/progress.mjs';

/** Loaded when asked for: most need what the first steps install. */
const COMMANDS = {
  start: () => import('./start.mjs'),
  test: () => import('./test.mjs'),
  check: () => import('./check.mjs'),
  generate: () => import('./generate.mjs'),
  scenario: () => import('./scenario.mjs'),
  bench: () => import('./bench.mjs'),
  engine: () => import('./engine.mjs'),
  spotopt: () => import('./spotopt.mjs'),
  'engine-test': () => import('./engine-test.mjs'),
  'compare-prices': () => import('./compare-prices.mjs'),
};

/**
 * @param {string | undefined} name
 * @param {readonly string[]} args
 * @returns {Promise<number>} exit code
 */
export async function runCommand(name, args) {
  const load = COMMANDS[name ?? ''];
  if (load === undefined) {
    progress(`usage: node tools/run.mjs <${Object.keys(COMMANDS).join('|')}> [arguments]`);
    return 64;
  }
  try {
    const { run } = await load();
    return await run(args);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    progress(error.message);
    return 1;
  }
}
