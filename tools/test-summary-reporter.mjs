import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

const SLOWEST = 10;

/**
 * Leaves for the command that started the run which files are being run, and at the end its totals and the slowest
 * tests. A suite that cannot load is a failure.
 */
export default class TestSummaryReporter {
  #running = new Set();
  #tests = [];

  constructor(globalConfig) {
    this.root = globalConfig.rootDir;
  }

  onTestFileStart({ path }) {
    this.#running.add(relative(this.root, path));
    this.#tellProgress();
  }

  onTestFileResult({ path }, { testResults }) {
    const file = relative(this.root, path);
    this.#running.delete(file);
    for (const { fullName, duration } of testResults) {
      this.#tests.push({ file, name: fullName, durationMs: duration ?? 0 });
    }
    this.#tests.sort((a, b) => b.durationMs - a.durationMs).splice(SLOWEST);
    this.#tellProgress();
  }

  onRunComplete(_contexts, results) {
    const summary = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      slowest: this.#tests,
    };
    this.#write(process.env.SPOTOPT_TEST_SUMMARY, summary);
  }

  #tellProgress() {
    this.#write(process.env.SPOTOPT_TEST_PROGRESS, { running: [...this.#running] });
  }

  #write(path, content) {
    if (path !== undefined) writeFileSync(path, JSON.stringify(content));
  }
}
