import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { build, compiledEntry } from '../bootstrap/build.mjs';
import { runChild } from '../bootstrap/child.mjs';
import { ensureInstalled, projectNode } from '../bootstrap/install.mjs';
import { JEST, inRoot } from '../bootstrap/paths.mjs';

const SUMMARY = inRoot('.cache', 'test-summary.json');
const PROGRESS = inRoot('.cache', 'test-progress.json');
/** The slowest file takes about two minutes. */
const STUCK_MS = 10 * 60_000;
/** Open handles of a test would keep Jest from ending after its last word. */
const LINGER_MS = 60_000;
const LOOK_MS = 5_000;
const SHOWN_AS_SLOW_MS = 10_000;

/** All tests, on real servers; arguments go to Jest. A run that hangs is ended, and says in which file it hung. */
export async function run(args) {
  await ensureInstalled();
  await build();
  mkdirSync(inRoot('.cache'), { recursive: true });
  for (const file of [SUMMARY, PROGRESS]) rmSync(file, { force: true });
  const provision = compiledEntry('packages/testkit/dist/servers/main.js');
  // The reporters come last: Jest would take a path that follows them for another one.
  const reporters = ['--reporters=default', `--reporters=${inRoot('tools', 'test-summary-reporter.mjs')}`];
  const jest = [JEST, ...args, ...reporters];
  const hung = watchForHang();
  const code = await runChild(projectNode(), [provision, '--', projectNode(), ...jest], {
    env: {
      NODE_OPTIONS:
        `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
      SPOTOPT_TEST_SUMMARY: SUMMARY,
      SPOTOPT_TEST_PROGRESS: PROGRESS,
    },
    signal: hung.signal,
  });
  hung.stop();
  return report(hung.lingered ? 0 : code);
}

function watchForHang() {
  const abort = new AbortController();
  const watch = { signal: abort.signal, lingered: false, stop: () => clearInterval(timer) };
  const end = (why) => {
    console.log(`tests: ${why}`);
    watch.stop();
    abort.abort();
  };
  const timer = setInterval(() => {
    if (ageMs(SUMMARY) > LINGER_MS) {
      watch.lingered = true;
      end('all are done, but something that they left open keeps Jest from ending; ended it');
    } else if (ageMs(PROGRESS) > STUCK_MS) {
      const { running } = JSON.parse(readFileSync(PROGRESS, 'utf8'));
      end(`nothing finished for ${STUCK_MS / 60_000} minutes; ended while running ${running.join(', ')}`);
    }
  }, LOOK_MS);
  return watch;
}

function ageMs(file) {
  const modifiedAtMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return modifiedAtMs === undefined ? 0 : Date.now() - modifiedAtMs;
}

function report(code) {
  if (!existsSync(SUMMARY)) {
    console.log('tests: did not finish');
    return code === 0 ? 1 : code;
  }
  const { passed, failed, skipped, slowest } = JSON.parse(readFileSync(SUMMARY, 'utf8'));
  for (const { file, name, durationMs } of slowest) {
    if (durationMs >= SHOWN_AS_SLOW_MS)
      console.log(`slow: ${Math.round(durationMs / 1000)} s  ${file}: ${name}`);
  }
  const rest = skipped === 0 ? '' : `, ${skipped} skipped`;
  console.log(`tests: ${passed} passed, ${failed} failed${rest}`);
  return code !== 0 || failed === 0 ? code : 1;
}
