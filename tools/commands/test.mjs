import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { build, compiledEntry } from '../bootstrap/build.mjs';
import { runChild } from '../bootstrap/child.mjs';
import { ensureInstalled, projectNode } from '../bootstrap/install.mjs';
import { JEST, inRoot } from '../bootstrap/paths.mjs';

const SUMMARY = inRoot('.cache', 'test-summary.json');

/** All tests, on real servers; arguments go to Jest. */
export async function run(args) {
  await ensureInstalled();
  await build();
  mkdirSync(inRoot('.cache'), { recursive: true });
  rmSync(SUMMARY, { force: true });
  const provision = compiledEntry('packages/testkit/dist/servers/main.js');
  // The reporters come last: Jest would take a path that follows them for another one.
  const reporters = ['--reporters=default', `--reporters=${inRoot('tools', 'test-summary-reporter.mjs')}`];
  const jest = [JEST, ...args, ...reporters];
  const code = await runChild(projectNode(), [provision, '--', projectNode(), ...jest], {
    env: {
      NODE_OPTIONS:
        `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
      SPOTOPT_TEST_SUMMARY: SUMMARY,
    },
  });
  return report(code);
}

function report(code) {
  if (!existsSync(SUMMARY)) {
    console.log('tests: did not finish');
    return code === 0 ? 1 : code;
  }
  const { passed, failed, skipped } = JSON.parse(readFileSync(SUMMARY, 'utf8'));
  const rest = skipped === 0 ? '' : `, ${skipped} skipped`;
  console.log(`tests: ${passed} passed, ${failed} failed${rest}`);
  return code !== 0 || failed === 0 ? code : 1;
}
